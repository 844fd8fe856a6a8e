#include "kube/file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SIZE_MOST (1 << 20)

static int read_all(int fd, const char *path, struct buf *b, struct err *e)
{
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "cannot read %s: %s", path, strerror(errno));
		buf_add(b, chunk, (size_t)n);
		if (b->oom)
			return err_set(e, ENOMEM, "cannot read %s: out of memory", path);
		if (b->len > SIZE_MOST)
			return err_set(e, EFBIG, "%s is too large: more than 1 MiB", path);
	}
	return 0;
}

int file_read(const char *path, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_BUF b = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(e, errno, "cannot read %s: %s", path, strerror(errno));
	int rc = read_all(fd, path, &b, e);
	close(fd);
	if (rc < 0)
		return rc;
	if (b.len && memchr(b.s, '\0', b.len))
		return err_set(e, EINVAL, "%s is no text: it holds a NUL byte", path);
	size_t len = b.len;
	char *text = buf_steal(&b);
	if (!text)
		return err_set(e, ENOMEM, "cannot read %s: out of memory", path);
	*ret = text;
	if (ret_len)
		*ret_len = len;
	return 0;
}
