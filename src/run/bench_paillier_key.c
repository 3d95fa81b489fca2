#include "run/bench_paillier_key.h"

#include <string.h>

/* Safe primes by openssl prime -generate -safe; those of 1,024 bits are tests/vectors' as well. */
static const struct {
    int bits;
    const char *p, *q;
} keys[] = {
    {2048,
     "c8a9bed4c402e23a23c51a8544c7ecb9dcfee6c709145f38719edbe05f3669bc6088dfa5ce0254322badb9c2"
     "a18f955788a6951a146f49f05953998093df240b405a97bb8db5cbede50c78863b05f8b4a06e444f636976f7"
     "53214de3e12d68dd867b1069d4c50f2baa516c7481a732d3e86837c4b0d65a67730a79f9ae7ac0fb",
     "f340361e1d49e56e24d8ce96979237356df794e680aa210707c9bd1db77e213c65acccbfdf47dc08dcf6aaa4"
     "ce5d8254e6c6ab16112a53a6438f3a426d280c2c4e486f1026d948b94b323dcd219bdaf693a885b919b8c559"
     "6807e51f907dbe757381c78712c366bb3b6be915e01aa3e6ae345ce5dba563b60c5a05d1022b67bb"},
    {3072,
     "f121ebb321714cf556a2a59bcd1d146883befff6b3fb0651cd9a6a527ab652d9198020a92c91009925993e2e"
     "fcdbb2595d4fe5fee0594722b93e060fce67e02e43e508105f0ddd104a2e74019dd7c51535f4bd0a3de1593a"
     "514970310aeada772082658a4bbb2448c406321c25035d5527a2a22e3766f07e11aa364414249c2434bcc4ad"
     "d3b3b0bd7f9a1c853a212352bc9f207b09cd11d6f0d6e446152dd32f88e3798b8e9e60ae468127a5811d610f"
     "a770ea9a96de71b7ff9a8bed9bc3445b",
     "c227d63581791b24f64efc18c6f93c81eebfbd88a1c1f97a7d6de215a9c9692fe656bc79effb27952b3e03d3"
     "c039bd0647fbcc019af31460ddc32f61d60d5489dfb5ce62de75f852ba3280ac79adef4fce778d18f88f5b4b"
     "e5feedb8ca872a495b092f6bccf6ec0344e0fc1df1b597f87739667f280fc4359de2e182448a620f144978e2"
     "a325c835de4388190cc2face06a59d5f5b2b0e47ae6f594c706fb7b1c61946b457d22798a5798b0c769a9d0d"
     "8f497a914999deccfc6da7640f7bc487"},
    {4096,
     "d3b0b1e3ffece224c72887cb0d45bb2039bdec20f8b5b9419bce1095683bfeb0500819f693a4799cd73852d7"
     "5777ab21a6b7d8315a5d21821ea85aa34b2e925f3a36ceb1ed0b60d1f58264d92585af203922dc9d8edbe9a0"
     "6d05d5f22b4b8b565734950b350d8a19820eed65ff90a5243ce5fce557ed694e2a40150a0094a8f6fcfa9d1a"
     "3483bb50ed23fae091615fb0e7dc8f4c2a20676192453fa532f5664dc5eb20a21255218537c0f7b8074d5cd0"
     "b40343ff500e889865a40dc1e8c61a49676dcd4b650766a0f818f1d88382e110eca98f147db6d945aa7bafbe"
     "b77f0a4e858aa804211a284bcda2620b398eb3d129dc36d49c5a588ac957066083eca503",
     "cb2f6eadecd785a344ba006a4a38bfefbe4fd7ca76ffc26c2086324bbd18eed3bafe8c23ccc6d48bf51aadce"
     "e33a7fd213b89e4506f0fee5d79faf2d4497b08b4fd5a107d9df311b78cfe33aa0aa2d70b4e34efffe264a70"
     "5d62adcc148be9e943226b3de086325ae1731dc44beef6318e14b9a150e059f1c090eda2c9c0b8ab0761a33f"
     "e2b7856bf76b2d4d2179cd2379c68fbbe6221e9999af8b9b7c8f537e137a2c4d9b6299f319a1ea72ef5d309f"
     "b3bc8fb65185f78a5c250ae12fb28a9f7944ab6a5c5d5b5c42e314ed7f3714a803867031e91b9d95aa090266"
     "0ae8bf7dfcce815f7416faacd30ec0cc58eedccd174b096755567252c7f927efe03c4e5f"},
};

static void read_hex(uint64_t *out, size_t limbs, const char *hex)
{
    size_t digits = strlen(hex);
    memset(out, 0, limbs * sizeof *out);
    for (size_t i = 0; i < digits; i++) {
        char c = hex[digits - 1 - i];
        out[i / 16] |= (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10) << (4 * (i % 16));
    }
}

pv_status pv_bench_paillier_key(uint64_t *p, uint64_t *q, int bits)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].bits != bits) continue;
        read_hex(p, (size_t)bits / 128, keys[i].p);
        read_hex(q, (size_t)bits / 128, keys[i].q);
        return PV_OK;
    }
    PV_FAIL(PV_ERR_OPTION, "there is no built-in key of %d bits; 2048, 3072 and 4096 there are",
            bits);
}
