/*
 * confed-pam SERVICE: is this the password of this user, as the host's PAM sees it?
 *
 * Reads user\0password\0 on standard input. Status 0: yes, and the names of the user's groups, one a line, on
 * standard output. Status 1: no. Status 2: it was asked wrongly, or PAM could not be asked.
 *
 * A program of its own, so that what PAM modules load, leak or hang on stays out of the head. It has to run as
 * a user who may ask: modules that read /etc/shadow themselves need root or its group.
 */
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define GROUPS_MAX 4096
enum { YES = 0, NO = 1, FAILED = 2 };

static char input[2048];

static int answer(int count, const struct pam_message **messages, struct pam_response **responses, void *password) {
    struct pam_response *all = calloc((size_t)count, sizeof *all);
    if (all == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        /* One password is all we have: a module that asks for it once more or for a token gets the same. */
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            all[i].resp = strdup(password);
    }
    *responses = all;
    return PAM_SUCCESS;
}

static void print_groups(const char *user) {
    static gid_t ids[GROUPS_MAX];
    int count = GROUPS_MAX;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL || getgrouplist(user, entry->pw_gid, ids, &count) < 0)
        return;
    for (int i = 0; i < count; i++) {
        const struct group *group = getgrgid(ids[i]);
        if (group != NULL)
            puts(group->gr_name);
    }
}

int main(int argc, char **argv) {
    if (argc != 2 || strchr(argv[1], '/') != NULL)
        return FAILED;
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    size_t length = 0;
    for (ssize_t got; length < sizeof input && (got = read(0, input + length, sizeof input - length)) > 0;)
        length += (size_t)got;
    const char *end = memchr(input, 0, length);
    if (end == NULL || end == input || length == sizeof input || input[length - 1] != 0)
        return FAILED;
    char *password = input + (end - input) + 1;
    if (password >= input + length || strlen(password) != (size_t)(input + length - 1 - password))
        return FAILED;
    const struct pam_conv talk = {answer, password};
    pam_handle_t *pam = NULL;
    if (pam_start(argv[1], input, &talk, &pam) != PAM_SUCCESS)
        return FAILED;
    int status = pam_authenticate(pam, PAM_DISALLOW_NULL_AUTHTOK | PAM_SILENT);
    if (status == PAM_SUCCESS)
        status = pam_acct_mgmt(pam, PAM_SILENT);
    const void *name = NULL;
    if (status == PAM_SUCCESS && pam_get_item(pam, PAM_USER, &name) == PAM_SUCCESS && strcmp(name, input) != 0)
        status = PAM_AUTH_ERR; /* A module made somebody else of them: not the one who was asked for. */
    pam_end(pam, status);
    explicit_bzero(password, strlen(password));
    switch (status) {
    case PAM_SUCCESS:
        print_groups(input);
        return YES;
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_CRED_EXPIRED:
    case PAM_PERM_DENIED:
        return NO;
    default:
        return FAILED;
    }
}
