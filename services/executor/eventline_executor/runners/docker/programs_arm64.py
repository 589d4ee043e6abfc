"""Our two programs for containers, in machine language for Linux on arm64: bytes, and the instructions that they are.

What they do is told in `programs.py`. A line is hexadecimal bytes, then what an assembler calls them.
"""

# e_machine of the ELF format.
MACHINE = 183

INIT = """
; _start: rt_sigaction(SIGCHLD, ignore): the kernel removes the zombies of others
200280d2                ; mov x0, #0x11
e1020010                ; adr x1, <sa>
020080d2                ; mov x2, #0x0
030180d2                ; mov x3, #0x8
c81080d2                ; mov x8, #0x86
010000d4                ; svc #0x0
; next: read(0, stack, 1)
000080d2                ; mov x0, #0x0
e1030091                ; mov x1, sp
220080d2                ; mov x2, #0x1
e80780d2                ; mov x8, #0x3f
010000d4                ; svc #0x0
1f0400f1                ; cmp x0, #0x1
21010054                ; b.ne <gone>
00008092                ; mov x0, #0xffffffffffffffff
e10180d2                ; mov x1, #0xf
281080d2                ; mov x8, #0x81
010000d4                ; svc #0x0
00008092                ; mov x0, #0xffffffffffffffff
410280d2                ; mov x1, #0x12
010000d4                ; svc #0x0
f2ffff17                ; b <next>
; gone: exit_group(0)
000080d2                ; mov x0, #0x0
c80b80d2                ; mov x8, #0x5e
010000d4                ; svc #0x0
; sa: struct sigaction: SIG_IGN and nothing else
0100000000000000000000000000000000000000000000000000000000000000
"""

RUN = """
; _start: rt_sigprocmask(SIG_BLOCK, all, old): nothing may end us before our child
f3030091                ; mov x19, sp
ff4300d1                ; sub sp, sp, #0x10
000080d2                ; mov x0, #0x0
c1070010                ; adr x1, <all>
e2030091                ; mov x2, sp
030180d2                ; mov x3, #0x8
e81080d2                ; mov x8, #0x87
010000d4                ; svc #0x0
54008052                ; mov w20, #0x2
200280d2                ; mov x0, #0x11
010080d2                ; mov x1, #0x0
020080d2                ; mov x2, #0x0
030080d2                ; mov x3, #0x0
040080d2                ; mov x4, #0x0
881b80d2                ; mov x8, #0xdc
010000d4                ; svc #0x0
a004f8b7                ; tbnz x0, #63, <fail>
a00100b4                ; cbz x0, <child>
f50300aa                ; mov x21, x0
200080d2                ; mov x0, #0x1
280780d2                ; mov x8, #0x39
010000d4                ; svc #0x0
e00315aa                ; mov x0, x21
e1230091                ; add x1, sp, #0x8
020080d2                ; mov x2, #0x0
030080d2                ; mov x3, #0x0
882080d2                ; mov x8, #0x104
010000d4                ; svc #0x0
ff0f00b9                ; str wzr, [sp, #12]
1c000014                ; b <report>
; child: fcntl(2, F_DUPFD_CLOEXEC, 3); dup2(1, 2); restore signals; execve
400080d2                ; mov x0, #0x2
c18080d2                ; mov x1, #0x406
620080d2                ; mov x2, #0x3
280380d2                ; mov x8, #0x19
010000d4                ; svc #0x0
f403002a                ; mov w20, w0
200080d2                ; mov x0, #0x1
410080d2                ; mov x1, #0x2
020080d2                ; mov x2, #0x0
080380d2                ; mov x8, #0x18
010000d4                ; svc #0x0
400080d2                ; mov x0, #0x2
e1030091                ; mov x1, sp
020080d2                ; mov x2, #0x0
030180d2                ; mov x3, #0x8
e81080d2                ; mov x8, #0x87
010000d4                ; svc #0x0
600a40f9                ; ldr x0, [x19, #16]
61420091                ; add x1, x19, #0x10
620240f9                ; ldr x2, [x19]
220c028b                ; add x2, x1, x2, lsl #3
a81b80d2                ; mov x8, #0xdd
010000d4                ; svc #0x0
; fail: message {error number, 1}
e003004b                ; neg w0, w0
e00b00b9                ; str w0, [sp, #8]
21008052                ; mov w1, #0x1
e10f00b9                ; str w1, [sp, #12]
; report: write(2, message, 8); exit_group(127)
e003142a                ; mov w0, w20
e1230091                ; add x1, sp, #0x8
020180d2                ; mov x2, #0x8
080880d2                ; mov x8, #0x40
010000d4                ; svc #0x0
e00f80d2                ; mov x0, #0x7f
c80b80d2                ; mov x8, #0x5e
010000d4                ; svc #0x0
; all: all signals
ffffffffffffffff
"""
