/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two places where the shim is entered with a program's initial registers
 * and stack, which it must hand on untouched.
 *
 *   _start         from the kernel;  ld_begin(stack) returns where to go: ld.so
 *   ld_trampoline  from ld.so in place of the program's entry point;
 *                  ld_restore(stack) returns where to go: the program
 */
	.text
	.globl _start, ld_trampoline
	.hidden ld_begin, ld_restore, ld_trampoline
	.type _start, %function
	.type ld_trampoline, %function

#if defined(__x86_64__)
	/* rsp: argc; rdx: what the program shall register with atexit(). */
_start:
	.cfi_startproc
	.cfi_undefined rip
	xor	%ebp, %ebp
	mov	%rsp, %rbx
	mov	%rdx, %r12
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	ld_begin
	mov	%rbx, %rsp
	mov	%r12, %rdx
	jmp	*%rax
	.cfi_endproc
	.size _start, . - _start

ld_trampoline:
	.cfi_startproc
	.cfi_undefined rip
	xor	%ebp, %ebp
	mov	%rsp, %rbx
	mov	%rdx, %r12
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	ld_restore
	mov	%rbx, %rsp
	mov	%r12, %rdx
	jmp	*%rax
	.cfi_endproc
	.size ld_trampoline, . - ld_trampoline

#elif defined(__aarch64__)
	/* sp: argc; x0: what the program shall register with atexit(). */
_start:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, #0
	mov	x19, x0
	mov	x0, sp
	bl	ld_begin
	mov	x16, x0
	mov	x0, x19
	mov	x30, #0
	br	x16
	.cfi_endproc
	.size _start, . - _start

ld_trampoline:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, #0
	mov	x19, x0
	mov	x0, sp
	bl	ld_restore
	mov	x16, x0
	mov	x0, x19
	mov	x30, #0
	br	x16
	.cfi_endproc
	.size ld_trampoline, . - ld_trampoline
#endif
	.section .note.GNU-stack, "", %progbits
