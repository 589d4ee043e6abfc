/* The programs of ours that run in the container of an execution, in one file for Linux without any library, so that an
 * image needs neither a shell nor `sleep`. What each does is told in `__init__.py`; `make programs` builds the bytes.
 *
 *   <file> init <patience> <archive>...     the first process
 *   <file> beat <path>                      tells the first process that somebody still wants it
 *   <file> run                              runs the program that is named on its standard input
 */

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, OPEN_AT = 257, CLOSE = 3, LSEEK = 8, MMAP = 9, SIGACTION = 13, SIGPROCMASK = 14,
       NANOSLEEP = 35, CLONE = 56, EXECVE = 59, EXIT_GROUP = 231, WAIT4 = 61, KILL = 62, MKDIR_AT = 258, DUP3 = 292,
       SIGTIMEDWAIT = 128 };
enum { O_NOFOLLOW = 0400000 };
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, OPEN_AT = 56, CLOSE = 57, LSEEK = 62, MMAP = 222, SIGACTION = 134, SIGPROCMASK = 135,
       NANOSLEEP = 101, CLONE = 220, EXECVE = 221, EXIT_GROUP = 94, WAIT4 = 260, KILL = 129, MKDIR_AT = 34, DUP3 = 24,
       SIGTIMEDWAIT = 137 };
enum { O_NOFOLLOW = 0100000 };
#endif

enum { O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0100, O_APPEND = 02000, O_CLOEXEC = 02000000, AT_CWD = -100, SEEK_END = 2,
       PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, DIRECTORY = 0040000,
       SIG_BLOCK = 0, SIG_SETMASK = 2, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGURG = 23,
       EINTR = 4, ENOENT = 2, ESRCH = 3, EACCES = 13, EEXIST = 17, ENOTDIR = 20 };
enum { NOT_EXECUTED = 1, NONCE = 16, REPORT = NONCE + 12, LONGEST_EXTRA = 512, LONGEST_PATH = 4096 };

typedef __SIZE_TYPE__ word;
typedef unsigned int u32;
struct time { long seconds, nanoseconds; };
struct record { u32 mode, path, content; };

static long call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#endif
}

#define CALL3(number, a, b, c) call(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(number, a, b, c, d) call(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static void leave(long status)
{
    for (;;)
        CALL3(EXIT_GROUP, status, 0, 0);
}

static long open_file(const char *path, long flags, long mode)
{
    return CALL4(OPEN_AT, AT_CWD, path, flags | O_CLOEXEC, mode);
}

static char *map(long size, long protection, long flags, long file)
{
    long found = call(MMAP, 0, size, protection, flags, file, 0);
    if (found < 0 && found > -4096)
        leave(-found);
    return (char *)found;
}

/* The compiler calls this one by its name, too. */
void *memcpy(void *to, const void *from, word size)
{
    for (word i = 0; i < size; i++)
        ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}

static void block_signals(word *before)
{
    word all = ~0UL;
    CALL4(SIGPROCMASK, SIG_BLOCK, &all, before, sizeof all);
}

/* Write everything; the error number if that is not possible. */
static long write_all(long file, const char *data, word size)
{
    while (size) {
        long written = CALL3(WRITE, file, data, size);
        if (written == -EINTR)
            continue;
        if (written < 0)
            return -written;
        data += written;
        size -= written;
    }
    return 0;
}

static word length(const char *text)
{
    word found = 0;
    while (text[found])
        found++;
    return found;
}

/* ---- init ------------------------------------------------------------------------------------------------------- */

static long unpack_record(const struct record *record, const char *path, const char *content)
{
    if (record->mode & DIRECTORY) {
        long made = CALL3(MKDIR_AT, AT_CWD, path, record->mode & 07777);
        return made < 0 && made != -EEXIST ? -made : 0;
    }
    long file = open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, record->mode & 07777);
    if (file < 0)
        return -file;
    long failed = write_all(file, content, record->content);
    CALL3(CLOSE, file, 0, 0);
    return failed;
}

static void unpack(const char *archive)
{
    long file = open_file(archive, O_RDONLY, 0);
    if (file < 0)
        leave(-file);
    long size = CALL3(LSEEK, file, 0, SEEK_END);
    const char *data = map(size, PROT_READ, MAP_PRIVATE, file), *end = data + size;
    while (data < end) {
        struct record record;
        memcpy(&record, data, sizeof record);
        const char *path = data + sizeof record, *content = path + record.path;
        long failed = unpack_record(&record, path, content);
        if (failed)
            leave(failed);
        data = content + record.content;
    }
    CALL3(CLOSE, file, 0, 0);
}

static void init(long patience, char **archives)
{
    /* Images may ask for any signal instead of TERM; URG is what nobody asks for, and our beat. */
    word ignore[4] = {1, 0, 0, 0}, wanted = ~(1UL << (SIGCHLD - 1) | 1UL << (SIGCONT - 1));
    struct time long_wait = {patience, 0}, short_wait = {0, 20000000};
    int ending = 0;
    block_signals(0);
    CALL4(SIGACTION, SIGCHLD, ignore, 0, sizeof wanted); /* the kernel removes the zombies of others */
    while (*archives)
        unpack(*archives++);
    for (;;) {
        long signal = CALL4(SIGTIMEDWAIT, &wanted, 0, ending ? &short_wait : &long_wait, sizeof wanted);
        if (signal == SIGURG)
            continue;
        if (signal > 0) {
            ending = 1;
            CALL3(KILL, -1, SIGTERM, 0);
            CALL3(KILL, -1, SIGCONT, 0);
        } else if (signal != -EINTR && (!ending || CALL3(KILL, -1, 0, 0) == -ESRCH)) {
            leave(0);
        }
    }
}

/* ---- beat ------------------------------------------------------------------------------------------------------- */

static void beat(const char *path)
{
    struct time pause = {0, 5000000};
    char byte;
    block_signals(0);
    while (open_file(path, O_RDONLY, 0) < 0)
        CALL3(NANOSLEEP, &pause, 0, 0);
    write_all(1, "+", 1);
    while (CALL3(READ, 0, &byte, 1) == 1)
        CALL3(KILL, 1, SIGURG, 0);
    leave(0);
}

/* ---- run -------------------------------------------------------------------------------------------------------- */

static void read_all(char *data, word size)
{
    while (size) {
        long received = CALL3(READ, 0, data, size);
        if (received == -EINTR)
            continue;
        if (received <= 0)
            leave(1);
        data += received;
        size -= received;
    }
}

static const char *search_path(char **environment)
{
    for (; *environment; environment++)
        if ((*environment)[0] == 'P' && (*environment)[1] == 'A' && (*environment)[2] == 'T' && (*environment)[3] == 'H' &&
            (*environment)[4] == '=')
            return *environment + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* Execute a program; return only if that is not possible, with the error number. */
static long execute(char **arguments, char **environment)
{
    const char *name = arguments[0], *path = search_path(environment);
    char place[LONGEST_PATH];
    word size = length(name);
    long failed = ENOENT;
    for (const char *each = name; *each; each++)
        if (*each == '/')
            return -CALL3(EXECVE, name, arguments, environment);
    while (*path && size) {
        word folder = 0;
        while (path[folder] && path[folder] != ':')
            folder++;
        if (path[0] == '/' && folder + size + 2 <= LONGEST_PATH) {
            memcpy(place, path, folder);
            place[folder] = '/';
            memcpy(place + folder + 1, name, size + 1);
            long why = -CALL3(EXECVE, place, arguments, environment);
            if (why == EACCES)
                failed = why;
            else if (why != ENOENT && why != ENOTDIR)
                return why;
        }
        path += folder + (path[folder] == ':');
    }
    return failed;
}

static void become(char **arguments, char **environment, const word *signals, volatile long *failed)
{
    long nothing = open_file("/dev/null", O_RDONLY, 0);
    if (nothing < 0)
        CALL3(CLOSE, 0, 0, 0);
    else
        CALL3(DUP3, nothing, 0, 0);
    CALL3(DUP3, 1, 2, 0);
    CALL4(SIGPROCMASK, SIG_SETMASK, signals, 0, sizeof *signals);
    *failed = execute(arguments, environment);
    leave(127);
}

/* What the kernel counts about memory: it tells whether somebody was killed for it. */
static u32 read_memory_events(char *into)
{
    long file = open_file("/sys/fs/cgroup/memory.events", O_RDONLY, 0);
    if (file < 0)
        file = open_file("/sys/fs/cgroup/memory/memory.oom_control", O_RDONLY, 0);
    long size = file < 0 ? 0 : CALL3(READ, file, into, LONGEST_EXTRA);
    return size < 0 ? 0 : size;
}

static void report(const char *nonce, u32 kind, u32 value)
{
    char message[REPORT + LONGEST_EXTRA];
    u32 extra = kind || (value & 0x7f) != SIGKILL ? 0 : read_memory_events(message + REPORT);
    memcpy(message, nonce, NONCE);
    memcpy(message + NONCE, &kind, 4);
    memcpy(message + NONCE + 4, &value, 4);
    memcpy(message + NONCE + 8, &extra, 4);
    write_all(1, message, REPORT + extra); /* less than a pipe takes as one, so nobody's output gets between */
}

static void run(char **environment)
{
    word signals, count = 0;
    u32 size;
    int status = 0;
    block_signals(&signals);
    read_all((char *)&size, sizeof size);
    char *told = map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), *end = told + size;
    volatile long *failed = (volatile long *)map(sizeof *failed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    read_all(told, size);
    for (char *each = told + NONCE; each < end; each++)
        count += !*each;
    char **arguments = (char **)map((count + 1) * sizeof *arguments, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    count = 0;
    for (char *each = told + NONCE; each < end; each += length(each) + 1)
        arguments[count++] = each;
    long child = call(CLONE, SIGCHLD, 0, 0, 0, 0, 0);
    if (child == 0)
        become(arguments, environment, &signals, failed);
    if (child < 0)
        *failed = -child;
    else
        while (CALL4(WAIT4, child, &status, 0, 0) == -EINTR)
            ;
    report(told, *failed ? NOT_EXECUTED : 0, *failed ? *failed : status);
    leave(0);
}

/* ---- the beginning ---------------------------------------------------------------------------------------------- */

__attribute__((used)) static void begin(word *stack)
{
    word count = stack[0];
    char **arguments = (char **)(stack + 1);
    if (count >= 3 && arguments[1][0] == 'i') {
        long patience = 0;
        for (const char *digit = arguments[2]; *digit; digit++)
            patience = patience * 10 + (*digit - '0');
        init(patience, arguments + 3);
    }
    if (count >= 3 && arguments[1][0] == 'b')
        beat(arguments[2]);
    if (count >= 2 && arguments[1][0] == 'r')
        run(arguments + count + 1);
    leave(1);
}

#if defined(__x86_64__)
__asm__(".section .text.first,\"ax\"\n.globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#else
__asm__(".section .text.first,\"ax\"\n.globl _start\n_start: mov x0, sp\n bl begin\n");
#endif
