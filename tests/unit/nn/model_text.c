#include "check.h"

#include "nn/model_text.h"

static pv_status parse(pv_layers *l, const char *text)
{
    return pv_model_text_parse(l, text, strlen(text), "net.model", 10, 0);
}

static void layers_in_order(void **state)
{
    (void)state;
    pv_layers l;
    CHECK_OK(parse(&l, "# a comment\n"
                       "option width=8\n"
                       "input 28 28 1\r\n"
                       "\n"
                       "conv 2*width kernel=5 pad=2 bias=no   # another\n"
                       "maxpool 2\n"
                       "residual {\n"
                       "\tconv width*4/2 3 1 1\n"
                       "\trelu\n"
                       "} shortcut {\n"
                       "}\n"
                       "leaky-relu slope=0.2\n"
                       "flatten\n"
                       "dense classes init=uniform:0.5"));
    static const pv_layer_kind kinds[] = {PV_LAYER_INPUT,    PV_LAYER_CONV, PV_LAYER_MAXPOOL,
                                          PV_LAYER_RESIDUAL, PV_LAYER_CONV, PV_LAYER_RELU,
                                          PV_LAYER_SHORTCUT, PV_LAYER_END,  PV_LAYER_LEAKY_RELU,
                                          PV_LAYER_FLATTEN,  PV_LAYER_DENSE};
    assert_int_equal(l.count, sizeof kinds / sizeof *kinds);
    for (size_t i = 0; i < l.count; i++) assert_int_equal(l.layer[i].kind, kinds[i]);
    assert_int_equal(l.layer[0].given, 3);
    assert_true(l.layer[0].value[1] == 28);
    const pv_layer *conv = &l.layer[1];
    assert_true(conv->value[PV_CONV_CHANNELS] == 16 && conv->value[PV_CONV_KERNEL] == 5);
    assert_true(conv->value[PV_CONV_STRIDE] == 1 && conv->value[PV_CONV_PAD] == 2);
    assert_true(conv->value[PV_CONV_BIAS] == 0);
    assert_int_equal(conv->line, 5);
    assert_string_equal(conv->name, "conv1");
    const pv_layer *second = &l.layer[4];
    assert_true(second->value[PV_CONV_CHANNELS] == 16 && second->value[PV_CONV_PAD] == 1);
    assert_string_equal(second->name, "conv2");
    assert_true(l.layer[8].value[0] == 0.2);
    assert_true(l.layer[10].value[PV_DENSE_OUT] == 10);
    assert_int_equal(l.layer[10].init.kind, PV_INIT_UNIFORM);
    assert_true(l.layer[10].init.value == 0.5);
    pv_layers_clear(&l);
    pv_layers_clear(&l);
}

static void init_holds_from_its_line(void **state)
{
    (void)state;
    pv_layers l;
    CHECK_OK(
        parse(&l, "dense 3\ninit normal:0.1\ndense 3\ndense 3 init=he\ninit default\ndense 3"));
    static const pv_init_kind kinds[] = {PV_INIT_DEFAULT, PV_INIT_NORMAL, PV_INIT_HE,
                                         PV_INIT_DEFAULT};
    for (size_t i = 0; i < 4; i++) assert_int_equal(l.layer[i].init.kind, kinds[i]);
    pv_layers_clear(&l);
}

static void mistakes_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no layer"},
        {"# nothing\n", "no layer"},
        {"dense 10\nconvolution 3\n", "net.model:2: there is no layer 'convolution'"},
        {"dense", "net.model:1: dense: out is missing; it takes out, bias, init"},
        {"dense 0", "out is 0, a whole number from 1"},
        {"dense 2.5", "out is 2.5"},
        {"dense -3", "out is -3"},
        {"dense 99999999999", "a whole number"},
        {"dense 1e999", "not a number"},
        {"dense width", "'width' is neither a number nor a symbol"},
        {"dense 3*", "neither a number nor a symbol"},
        {"dense 3+4", "'+4' is left over"},
        {"dense 3/0", "not finite"},
        {"dense 3 yes maybe", "'maybe' is one value too many"},
        {"dense 3 bias=perhaps", "bias is 'perhaps', yes or no"},
        {"dense 3 out=4", "out is given twice"},
        {"dense out=4 3", "out is given twice"},
        {"dense 3 depth=4", "dense has no 'depth'"},
        {"relu 1", "'1' is one value too many; it takes nothing"},
        {"relu init=he", "relu has no 'init'"},
        {"dense 3 init=zero", "init 'zero' is not known"},
        {"dense 3 init=uniform", "a size is missing"},
        {"dense 3 init=he:2", "takes no size"},
        {"dense 3 init=normal:-1", "must not be negative"},
        {"init\ndense 3", "'init HOW' was expected"},
        {"dropout 1", "p is 1, from 0 to below 1"},
        {"dropout -0.1", "from 0 to below 1"},
        {"batchnorm momentum=0", "momentum is 0"},
        {"layernorm eps=0", "it must be positive"},
        {"groupnorm 2 eps=-1", "it must be positive"},
        {"input 1 2 3 4 5 6 7", "more than 6 dimensions"},
        {"input", "dimensions are missing"},
        {"relu\ninput 3", "net.model:2: input must come before"},
        {"residual", "'residual {' was expected"},
        {"residual {\nrelu\n", "the text ends inside a residual"},
        {"}\n", "net.model:1: '}' without"},
        {"residual {\n} shortcut {\n} shortcut {\n}\n", "its second"},
        {"residual {\n} relu\n", "must stand alone"},
        {"shortcut {\n}", "no layer 'shortcut'"},
        {"option width\nrelu", "'option NAME=VALUE' was expected"},
        {"option =3\nrelu", "'option NAME=VALUE' was expected"},
        {"option 3x=3\nrelu", "is no name"},
        {"option a-b=3\nrelu", "is no name"},
        {"option a=1\noption a=2\nrelu", "already defined"},
        {"option classes=3\nrelu", "already defined"},
        {"embedding vocabulary", "neither a number nor a symbol"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_layers l;
        CHECK_FAILS(parse(&l, cases[i].text), PV_ERR_FORMAT, cases[i].says);
        assert_null(l.layer);
    }
}

static void limits(void **state)
{
    (void)state;
    pv_layers l;
    char *text = pv_calloc(1 << 21, 1);
    assert_non_null(text);
    memset(text, 'x', 600);
    CHECK_FAILS(parse(&l, text), PV_ERR_FORMAT, "longer than");
    memset(text, 0, 600);
    for (int i = 0; i < 5000; i++) memcpy(text + 5 * i, "relu\n", 5);
    CHECK_FAILS(parse(&l, text), PV_ERR_FORMAT, "net.model:4097: more than 4096 layers");
    memset(text, '\n', (1 << 21) - 1);
    CHECK_FAILS(parse(&l, text), PV_ERR_LIMIT, "at most");
    memset(text, 0, 1 << 21);
    for (int i = 0; i < 9; i++) memcpy(text + 11 * i, "residual {\n", 11);
    CHECK_FAILS(parse(&l, text), PV_ERR_FORMAT, "nest at most 8");
    pv_free(text);
    CHECK_FAILS(pv_model_text_parse(&l, "re\0lu", 5, "net.model", 2, 0), PV_ERR_FORMAT, "NUL");
    CHECK_FAILS(parse(&l, "relu 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"), PV_ERR_FORMAT,
                "more than 16 words");
}

static void options_are_set_in_the_text(void **state)
{
    (void)state;
    static const char text[] =
        "# net\noption width=64 # channels\n  option depth=2\nconv width 3\n";
    char *set;
    CHECK_OK(pv_model_text_set(&set, text, sizeof text - 1, "net", ""));
    assert_string_equal(set, text);
    pv_free(set);
    CHECK_OK(pv_model_text_set(&set, text, sizeof text - 1, "net", "depth=3,width=128"));
    assert_string_equal(set, "# net\noption width=128\noption depth=3\nconv width 3\n");
    pv_free(set);
    CHECK_OK(pv_model_text_set(&set, "option w", 8, "net", "w=123456789"));
    assert_string_equal(set, "option w=123456789\n");
    pv_free(set);
    static const char drawn[] = "init he\nrelu\n init\tnormal:1\ndense 2 init=he\n";
    CHECK_OK(pv_model_text_set(&set, drawn, sizeof drawn - 1, "net", "init=0.5"));
    assert_string_equal(set, "init uniform:0.5\nrelu\ndense 2 init=he\n");
    pv_free(set);
    pv_layers l;
    CHECK_FAILS(parse(&l, "option init=1\nrelu\n"), PV_ERR_FORMAT, "option init of its own");
    CHECK_FAILS(pv_model_text_set(&set, text, sizeof text - 1, "net", "wide=3"), PV_ERR_OPTION,
                "no option 'wide'; it has: width depth init");
    assert_null(set);
    CHECK_FAILS(pv_model_text_set(&set, text, sizeof text - 1, "net", "width"), PV_ERR_OPTION,
                "'width' is not NAME=VALUE");
    CHECK_FAILS(pv_model_text_set(&set, "relu", 4, "net", "width=2"), PV_ERR_OPTION,
                "it has: init");
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_layers l;
        char *set;
        status = parse(&l, "dense 4\nrelu\ndense classes\n");
        if (status == PV_OK) {
            pv_layers_clear(&l);
            status = pv_model_text_set(&set, "option a=1\nrelu\n", 16, "net", "a=2");
            if (status == PV_OK) pv_free(set);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_in_order),
        cmocka_unit_test(init_holds_from_its_line),
        cmocka_unit_test(mistakes_name_their_line),
        cmocka_unit_test(limits),
        cmocka_unit_test(options_are_set_in_the_text),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
