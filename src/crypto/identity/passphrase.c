#include "base/secret.h"
#include "crypto/identity/key.h"
#include "crypto/identity/pem.h"
#include <string.h>

pv_status pv_passphrase_load(char text[PV_PASSPHRASE_MAX + 1], const char *path)
{
    pv_status status = PV_OK;
    pv_bytes file = {0};
    text[0] = '\0';
    PV_TRY(pv_file_read(&file, path, PV_PEM_MAX));
    PV_TRY_GOTO(pv_file_private(path));
    size_t n = strcspn((const char *)file.data, "\n");
    int whole = n == file.size || file.data[n] == '\n'; /* no NUL in it */
    if (n > 0 && n < file.size && file.data[n - 1] == '\r') n--;
    if (!whole || n == 0 || n > PV_PASSPHRASE_MAX)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: a passphrase of 1 to %d bytes is expected on its first line", path,
                     PV_PASSPHRASE_MAX);
    memcpy(text, file.data, n);
    text[n] = '\0';
done:
    pv_secret_wipe(file.data, file.size);
    pv_bytes_clear(&file);
    return status;
}
