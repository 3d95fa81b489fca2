#include "privet/model.h"

#include "nn/zoo.h"
#include <string.h>

typedef struct zoo_entry {
    const char *name, *summary;
    pv_data_kind only; /* 0: for every kind of data */
    const char *text;
} zoo_entry;

#define BASIC_BLOCK(channels)                                                                      \
    "residual {\n"                                                                                 \
    "    conv " channels " kernel=3 pad=1 bias=no\n"                                               \
    "    batchnorm\n"                                                                              \
    "    relu\n"                                                                                   \
    "    conv " channels " kernel=3 pad=1 bias=no\n"                                               \
    "    batchnorm\n"                                                                              \
    "}\n"                                                                                          \
    "relu\n"

#define BASIC_BLOCK_DOWN(channels)                                                                 \
    "residual {\n"                                                                                 \
    "    conv " channels " kernel=3 stride=2 pad=1 bias=no\n"                                      \
    "    batchnorm\n"                                                                              \
    "    relu\n"                                                                                   \
    "    conv " channels " kernel=3 pad=1 bias=no\n"                                               \
    "    batchnorm\n"                                                                              \
    "} shortcut {\n"                                                                               \
    "    conv " channels " kernel=1 stride=2 bias=no\n"                                            \
    "    batchnorm\n"                                                                              \
    "}\n"                                                                                          \
    "relu\n"

#define CONV_BN_RELU(channels)                                                                     \
    "conv " channels " kernel=3 pad=1 bias=no\n"                                                   \
    "batchnorm\n"                                                                                  \
    "relu\n"

static const zoo_entry zoo[] = {
    {"mlr", "multinomial logistic regression", 0,
     "# multinomial logistic regression\n"
     "flatten\n"
     "dense classes\n"},
    {"mlp", "one hidden layer: 128 units on images, 64 on tables", PV_DATA_IMAGE,
     "# one hidden layer\n"
     "option hidden=128\n"
     "flatten\n"
     "dense hidden\n"
     "relu\n"
     "dense classes\n"},
    {"mlp", "one hidden layer: 128 units on images, 64 on tables", PV_DATA_TABLE,
     "# one hidden layer\n"
     "option hidden=64\n"
     "dense hidden\n"
     "relu\n"
     "dense classes\n"},
    {"conv1", "one convolution and two dense layers", PV_DATA_IMAGE,
     "# one convolution and two dense layers\n"
     "conv 5 kernel=5 stride=2\n"
     "relu\n"
     "avgpool 2\n"
     "flatten\n"
     "dense 84\n"
     "relu\n"
     "dense classes\n"},
    {"lenet5", "LeNet-5 with mean pooling and ReLU", PV_DATA_IMAGE,
     "# LeNet-5 with mean pooling and ReLU, no padding\n"
     "conv 6 kernel=5\n"
     "avgpool 2\n"
     "relu\n"
     "conv 16 kernel=5\n"
     "avgpool 2\n"
     "relu\n"
     "flatten\n"
     "dense 120\n"
     "relu\n"
     "dense 84\n"
     "relu\n"
     "dense classes\n"},
    {"lenet5-sigmoid", "LeNet-5 with mean pooling and sigmoids", PV_DATA_IMAGE,
     "# LeNet-5 with sigmoids, smooth, so that its gradients can be differentiated\n"
     "conv 6 kernel=5\n"
     "avgpool 2\n"
     "sigmoid\n"
     "conv 16 kernel=5\n"
     "avgpool 2\n"
     "sigmoid\n"
     "flatten\n"
     "dense 120\n"
     "sigmoid\n"
     "dense 84\n"
     "sigmoid\n"
     "dense classes\n"},
    {"lenet5-dlg", "the network of the gradient-inversion papers", PV_DATA_IMAGE,
     "# the network of the gradient-inversion papers (Zhu, Liu, Han 2019)\n"
     "init uniform:0.5\n"
     "conv 12 kernel=5 stride=2 pad=2\n"
     "sigmoid\n"
     "conv 12 kernel=5 stride=2 pad=2\n"
     "sigmoid\n"
     "conv 12 kernel=5 pad=2\n"
     "sigmoid\n"
     "flatten\n"
     "dense classes\n"},
    {"resnet9", "ResNet-9 for 32x32 images; option width (64)", PV_DATA_IMAGE,
     "# ResNet-9 for 32x32 images\n"
     "option width=64\n" CONV_BN_RELU("width") CONV_BN_RELU(
         "2*width") "maxpool 2\n"
                    "residual {\n" CONV_BN_RELU("2*width")
                        CONV_BN_RELU("2*width") "}\n" CONV_BN_RELU(
                            "4*width") "maxpool 2\n" CONV_BN_RELU("8*width") "maxpool 2\n"
                                                                             "residual "
                                                                             "{\n" CONV_BN_RELU(
                                                                                 "8*width")
                                                                                 CONV_BN_RELU(
                                                                                     "8*width") "}"
                                                                                                "\n"
                                                                                                "gl"
                                                                                                "ob"
                                                                                                "al"
                                                                                                "-m"
                                                                                                "ax"
                                                                                                "po"
                                                                                                "ol"
                                                                                                "\n"
                                                                                                "de"
                                                                                                "ns"
                                                                                                "e "
                                                                                                "cl"
                                                                                                "as"
                                                                                                "se"
                                                                                                "s "
                                                                                                "bi"
                                                                                                "as"
                                                                                                "=n"
                                                                                                "o"
                                                                                                "\n"
                                                                                                "sc"
                                                                                                "al"
                                                                                                "e "
                                                                                                "0."
                                                                                                "12"
                                                                                                "5"
                                                                                                "\n"},
    {"resnet18", "ResNet-18 with a 3x3 stem, for 32x32 images; option width (64)", PV_DATA_IMAGE,
     "# ResNet-18 (He et al. 2016) with a 3x3 stem, for 32x32 images\n"
     "option width=64\n" CONV_BN_RELU("width") BASIC_BLOCK("width") BASIC_BLOCK("width")
         BASIC_BLOCK_DOWN("2*width") BASIC_BLOCK("2*width") BASIC_BLOCK_DOWN("4*width") BASIC_BLOCK(
             "4*width") BASIC_BLOCK_DOWN("8*width") BASIC_BLOCK("8*width") "global-avgpool\n"
                                                                           "dense classes\n"},
    {"alexnet_v2", "AlexNet v2 for 224x224 images; option pad (2; 0 for 227x227)", PV_DATA_IMAGE,
     "# AlexNet v2 (Krizhevsky 2014) as Sun, Wu, Hwang 2019, table 1, count it\n"
     "option pad=2\n"
     "conv 64 kernel=11 stride=4 pad=pad\n"
     "relu\n"
     "maxpool 3 stride=2\n"
     "conv 192 kernel=5 pad=2\n"
     "relu\n"
     "maxpool 3 stride=2\n"
     "conv 384 kernel=3 pad=1\n"
     "relu\n"
     "conv 384 kernel=3 pad=1\n"
     "relu\n"
     "conv 256 kernel=3 pad=1\n"
     "relu\n"
     "maxpool 3 stride=2\n"
     "flatten\n"
     "dense 1024\n"
     "relu\n"
     "dropout 0.5\n"
     "dense 1024\n"
     "relu\n"
     "dropout 0.5\n"
     "dense classes\n"},
    {"alexnet32", "AlexNet at half width for 32x32 images, with batch norm; option width (32)",
     PV_DATA_IMAGE,
     "# AlexNet's layers for 32x32 images, with batch norm; its own width is 64\n"
     "option width=32\n"
     "conv width kernel=5 pad=2 bias=no\n"
     "batchnorm\n"
     "relu\n"
     "maxpool 3 stride=2\n"
     "conv 3*width kernel=5 pad=2 bias=no\n"
     "batchnorm\n"
     "relu\n"
     "maxpool 3 stride=2\n" CONV_BN_RELU("6*width") CONV_BN_RELU("6*width")
         CONV_BN_RELU("4*width") "maxpool 3 stride=2\n"
                                 "flatten\n"
                                 "dense 16*width\n"
                                 "relu\n"
                                 "dropout 0.5\n"
                                 "dense 16*width\n"
                                 "relu\n"
                                 "dropout 0.5\n"
                                 "dense classes\n"},
    {"fasttext", "mean of learned word vectors, then one dense layer", PV_DATA_TEXT,
     "# mean of learned word vectors, then one dense layer\n"
     "option width=64\n"
     "embedding width init=normal:0.1\n"
     "mean-tokens\n"
     "dense classes\n"},
};

enum { ZOO = sizeof zoo / sizeof *zoo };

/* The list shows a name once: the entry of images stands for the others. */
static const zoo_entry *shown(int i)
{
    for (size_t k = 0; k < ZOO; k++) {
        if (k > 0 && strcmp(zoo[k].name, zoo[k - 1].name) == 0) continue;
        if (i-- == 0) return &zoo[k];
    }
    return NULL;
}

int pv_zoo_count(void)
{
    int n = 0;
    while (shown(n) != NULL) n++;
    return n;
}

const char *pv_zoo_name(int i)
{
    const zoo_entry *e = shown(i);
    return e == NULL ? "" : e->name;
}

const char *pv_zoo_summary(int i)
{
    const zoo_entry *e = shown(i);
    return e == NULL ? "" : e->summary;
}

const char *pv_zoo_text(int i)
{
    const zoo_entry *e = shown(i);
    return e == NULL ? "" : e->text;
}

const char *pv_zoo_find(const char *name, pv_data_kind kind, int *known)
{
    *known = 0;
    for (size_t k = 0; k < ZOO; k++) {
        if (strcmp(zoo[k].name, name) != 0) continue;
        *known = 1;
        if (zoo[k].only == 0 || zoo[k].only == kind) return zoo[k].text;
    }
    return NULL;
}
