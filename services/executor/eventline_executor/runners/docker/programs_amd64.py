"""Our two programs for containers, in machine language for Linux on amd64: bytes, and the instructions that they are.

What they do is told in `programs.py`. A line is hexadecimal bytes, then what an assembler calls them.
"""

# e_machine of the ELF format.
MACHINE = 62

INIT = """
; _start: rt_sigaction(SIGCHLD, ignore): the kernel removes the zombies of others
b80d000000              ; mov $0xd,%eax
bf11000000              ; mov $0x11,%edi
488d3547000000          ; lea 0x47(%rip),%rsi
31d2                    ; xor %edx,%edx
41ba08000000            ; mov $0x8,%r10d
0f05                    ; syscall
; next: read(0, stack, 1)
31c0                    ; xor %eax,%eax
31ff                    ; xor %edi,%edi
4889e6                  ; mov %rsp,%rsi
ba01000000              ; mov $0x1,%edx
0f05                    ; syscall
83f801                  ; cmp $0x1,%eax
7521                    ; jne <gone>
b83e000000              ; mov $0x3e,%eax
48c7c7ffffffff          ; mov $0xffffffffffffffff,%rdi
be0f000000              ; mov $0xf,%esi
0f05                    ; syscall
b83e000000              ; mov $0x3e,%eax
be12000000              ; mov $0x12,%esi
0f05                    ; syscall
ebcc                    ; jmp <next>
; gone: exit_group(0)
b8e7000000              ; mov $0xe7,%eax
31ff                    ; xor %edi,%edi
0f05                    ; syscall
; sa: struct sigaction: SIG_IGN and nothing else
0100000000000000000000000000000000000000000000000000000000000000
"""

RUN = """
; _start: rt_sigprocmask(SIG_BLOCK, all, old): nothing may end us before our child
4889e5                  ; mov %rsp,%rbp
4883ec10                ; sub $0x10,%rsp
b80e000000              ; mov $0xe,%eax
31ff                    ; xor %edi,%edi
488d35d3000000          ; lea 0xd3(%rip),%rsi
4889e2                  ; mov %rsp,%rdx
41ba08000000            ; mov $0x8,%r10d
0f05                    ; syscall
bb02000000              ; mov $0x2,%ebx
b839000000              ; mov $0x39,%eax
0f05                    ; syscall
85c0                    ; test %eax,%eax
0f8887000000            ; js <fail>
742d                    ; je <child>
4189c4                  ; mov %eax,%r12d
b803000000              ; mov $0x3,%eax
bf01000000              ; mov $0x1,%edi
0f05                    ; syscall
b83d000000              ; mov $0x3d,%eax
4489e7                  ; mov %r12d,%edi
488d742408              ; lea 0x8(%rsp),%rsi
31d2                    ; xor %edx,%edx
4531d2                  ; xor %r10d,%r10d
0f05                    ; syscall
c744240c00000000        ; movl $0x0,0xc(%rsp)
eb66                    ; jmp <report>
; child: fcntl(2, F_DUPFD_CLOEXEC, 3); dup2(1, 2); restore signals; execve
b848000000              ; mov $0x48,%eax
bf02000000              ; mov $0x2,%edi
be06040000              ; mov $0x406,%esi
ba03000000              ; mov $0x3,%edx
0f05                    ; syscall
89c3                    ; mov %eax,%ebx
b821000000              ; mov $0x21,%eax
bf01000000              ; mov $0x1,%edi
be02000000              ; mov $0x2,%esi
0f05                    ; syscall
b80e000000              ; mov $0xe,%eax
bf02000000              ; mov $0x2,%edi
4889e6                  ; mov %rsp,%rsi
31d2                    ; xor %edx,%edx
41ba08000000            ; mov $0x8,%r10d
0f05                    ; syscall
488b7d10                ; mov 0x10(%rbp),%rdi
488d7510                ; lea 0x10(%rbp),%rsi
488b4500                ; mov 0x0(%rbp),%rax
488d54c510              ; lea 0x10(%rbp,%rax,8),%rdx
b83b000000              ; mov $0x3b,%eax
0f05                    ; syscall
; fail: message {error number, 1}
f7d8                    ; neg %eax
89442408                ; mov %eax,0x8(%rsp)
c744240c01000000        ; movl $0x1,0xc(%rsp)
; report: write(2, message, 8); exit_group(127)
b801000000              ; mov $0x1,%eax
89df                    ; mov %ebx,%edi
488d742408              ; lea 0x8(%rsp),%rsi
ba08000000              ; mov $0x8,%edx
0f05                    ; syscall
b8e7000000              ; mov $0xe7,%eax
bf7f000000              ; mov $0x7f,%edi
0f05                    ; syscall
; all: all signals
ffffffffffffffff
"""
