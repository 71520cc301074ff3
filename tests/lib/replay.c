/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs files through a fuzz target: replay_NAME FILE... */
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		unsigned char *data;
		size_t size;
		long len;

		if (!f || fseek(f, 0, SEEK_END) < 0 || (len = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) < 0) {
			perror(argv[i]);
			return 2;
		}
		/* Exactly as long as the input: a read past its end is seen. */
		data = malloc((size_t)len ? (size_t)len : 1);
		if (!data)
			return 2;
		size = fread(data, 1, (size_t)len, f);
		(void)fclose(f);
		(void)printf("%s\n", argv[i]); /* the last line names the input that crashed */
		(void)fflush(stdout);
		(void)LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
