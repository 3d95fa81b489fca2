/* Keys of a masked round: a server can relay them, and cannot make them up. */
#include "check.h"

#include "crypto/secagg/secagg.h"
#include "fed/masked_keys.h"
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS = 3, KEYS = 120, PARTS = 3 * CLIENTS };

static char folder[] = "/tmp/privet-keys-XXXXXX";
static pv_identity *identity[CLIENTS];
static pv_scenario scenario;

static int make(int i)
{
    char name[8] = {'a', (char)('0' + i), 0}, certificate[64], key[64];
    snprintf(certificate, sizeof certificate, "%s/%s.pem", folder, name);
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    return pv_party_make(folder, name, 1, NULL, NULL) == PV_OK &&
           pv_identity_load(&identity[i], certificate, key, NULL) == PV_OK;
}

static int set_up(void **state)
{
    (void)state;
    char text[2048], hex[PV_HASH_TEXT];
    int n =
        snprintf(text, sizeof text, "[scenario]\nscheme = federated\n[party s]\nrole = server\n");
    if (mkdtemp(folder) == NULL || pv_ca_make(folder, "ca", 1, NULL) != PV_OK) return -1;
    for (int i = 0; i < CLIENTS; i++) {
        if (!make(i)) return -1;
        n += snprintf(
            text + n, sizeof text - (size_t)n, "[party a%d]\nrole = client\ncert = sha256:%s\n", i,
            pv_hash_text(pv_certificate_fingerprint(pv_identity_certificate(identity[i])), hex));
    }
    return pv_scenario_parse(&scenario, "test.ini", text, (size_t)n) != PV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    for (int i = 0; i < CLIENTS; i++) pv_identity_free(identity[i]);
    pv_scenario_clear(&scenario);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* A roster of clients 0 and 2, which a server may spoil. */
typedef struct roster {
    uint8_t keys[CLIENTS][KEYS], signature[CLIENTS][PV_SIGNATURE_BYTES];
    pv_bytes certificate[CLIENTS];
    char name[PARTS][24];
    pv_part part[PARTS];
    pv_message message;
} roster;

static void add(roster *r, int as, const char *field, const void *data, size_t size)
{
    size_t n = r->message.parts.count++;
    snprintf(r->name[n], sizeof r->name[n], "%s:%d", field, as);
    r->part[n] = (pv_part){
        .name = r->name[n], .dtype = PV_U8, .shape = PV_SHAPE((int64_t)size), .data = data};
}

/* signer: whose key signs client i's keys; holder: whose certificate stands beside them. */
static void enter(roster *r, int i, int signer, int holder)
{
    memset(r->keys[i], 10 + i, KEYS);
    CHECK_OK(
        pv_identity_sign(r->signature[i], identity[signer], PV_SECAGG_SIGNED, r->keys[i], KEYS));
    CHECK_OK(pv_certificate_der(&r->certificate[i], pv_identity_certificate(identity[holder])));
    add(r, i, "keys", r->keys[i], KEYS);
    add(r, i, "signature", r->signature[i], PV_SIGNATURE_BYTES);
    add(r, i, "certificate", r->certificate[i].data, r->certificate[i].size);
}

static void begin(roster *r)
{
    memset(r, 0, sizeof *r);
    strcpy(r->message.what, "roster 1 from s");
    r->message.parts.part = r->part;
}

static void end(roster *r)
{
    for (int i = 0; i < CLIENTS; i++) pv_bytes_clear(&r->certificate[i]);
}

static pv_status take(void *user, int rank, const void *keys, size_t size)
{
    int *seen = user;
    assert_int_equal(size, KEYS);
    assert_int_equal(((const uint8_t *)keys)[0], 10 + rank);
    *seen |= 1 << rank;
    return PV_OK;
}

static void honest_ones_are_taken(void **state)
{
    (void)state;
    roster r;
    int seen = 0;
    begin(&r);
    enter(&r, 0, 0, 0);
    enter(&r, 2, 2, 2);
    CHECK_OK(pv_fed_roster_take(&scenario, &r.message, take, &seen));
    assert_int_equal(seen, 1 | 4);
    end(&r);
}

static void others_are_refused(void **state)
{
    (void)state;
    roster r;
    int seen = 0;
    begin(&r);
    enter(&r, 1, 0, 0); /* another client's certificate */
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_AUTH,
                "the certificate of a1 is not the one that the scenario pins to it");
    end(&r);
    begin(&r);
    enter(&r, 1, 0, 1); /* its certificate, another's signature */
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_AUTH, "a1");
    end(&r);
    begin(&r);
    enter(&r, 1, 1, 1);
    r.keys[1][7] ^= 1; /* keys that the server changed */
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_AUTH, "a1");
    end(&r);
    begin(&r);
    enter(&r, 1, 1, 1);
    r.part[2].shape.dim[0]--; /* a certificate that is cut */
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_FORMAT, "roster 1");
    end(&r);
    begin(&r);
    enter(&r, 1, 1, 1);
    strcpy(r.name[1], "signatures:1");
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_PEER, "signature:1");
    end(&r);
    assert_int_equal(seen, 0);
    begin(&r);
    enter(&r, 1, 1, 1);
    add(&r, 7, "keys", r.keys[1], KEYS); /* of a client that there is not */
    CHECK_FAILS(pv_fed_roster_take(&scenario, &r.message, take, &seen), PV_ERR_PEER,
                "4 tensors, of which 3");
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_ones_are_taken),
        cmocka_unit_test(others_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
