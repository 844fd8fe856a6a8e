#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool faked;
static int64_t fake_mono, fake_real;

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;
	int rc = clock_gettime(id, &ts);

	assert(rc == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return faked ? fake_mono : read_ms(CLOCK_MONOTONIC);
}

int64_t clock_real_ms(void)
{
	return faked ? fake_real : read_ms(CLOCK_REALTIME);
}

void clock_fake(int64_t real_ms)
{
	faked = true;
	fake_mono = 0;
	fake_real = real_ms;
}

void clock_fake_add(int64_t ms)
{
	assert(faked);
	fake_mono += ms;
	fake_real += ms;
}

void clock_unfake(void)
{
	faked = false;
}

/* The date and time without its fraction, which goes to *ret_ms; returns the length. */
static size_t put_seconds(int64_t real_ms, char out[CLOCK_TEXT_LEN], int *ret_ms)
{
	bool borrow = real_ms % 1000 < 0; /* before 1970 */
	time_t seconds = (time_t)(real_ms / 1000 - borrow);
	struct tm t;

	assert(gmtime_r(&seconds, &t) && t.tm_year >= -1900 && t.tm_year <= 9999 - 1900);
	snprintf(out, CLOCK_TEXT_LEN, "%04d-", t.tm_year + 1900);
	strftime(out + 5, CLOCK_TEXT_LEN - 5, "%m-%dT%H:%M:%S", &t);
	*ret_ms = (int)(real_ms % 1000) + 1000 * borrow;
	return strlen(out);
}

const char *clock_text(int64_t real_ms, char out[CLOCK_TEXT_LEN])
{
	int ms;
	size_t len = put_seconds(real_ms, out, &ms);

	snprintf(out + len, CLOCK_TEXT_LEN - len, "Z");
	return out;
}

const char *clock_text_milli(int64_t real_ms, char out[CLOCK_TEXT_LEN])
{
	int ms;
	size_t len = put_seconds(real_ms, out, &ms);

	snprintf(out + len, CLOCK_TEXT_LEN - len, ".%03dZ", ms);
	return out;
}

const char *clock_text_micro(int64_t real_ms, char out[CLOCK_TEXT_LEN])
{
	int ms;
	size_t len = put_seconds(real_ms, out, &ms);

	snprintf(out + len, CLOCK_TEXT_LEN - len, ".%03d000Z", ms);
	return out;
}

/* Exactly `digits` digits in low..high at *at, which moves behind them. */
static bool take(const char **at, int digits, int low, int high, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return value >= low && value <= high;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **at, struct tm *t)
{
	int year, month;

	if (!take(at, 4, 0, 9999, &year) || !take_char(at, '-') || !take(at, 2, 1, 12, &month) ||
		!take_char(at, '-') || !take(at, 2, 1, days_of(year, month), &t->tm_mday))
		return false;
	t->tm_year = year - 1900;
	t->tm_mon = month - 1;
	return true;
}

static bool take_time(const char **at, struct tm *t)
{
	return take(at, 2, 0, 23, &t->tm_hour) && take_char(at, ':') &&
		take(at, 2, 0, 59, &t->tm_min) && take_char(at, ':') &&
		take(at, 2, 0, 59, &t->tm_sec);
}

/* An optional fraction of any length; what is finer than a millisecond is dropped. */
static bool take_fraction(const char **at, int *ret_ms)
{
	int scale = 100, digit;

	*ret_ms = 0;
	if (!take_char(at, '.'))
		return true;
	if (!take(at, 1, 0, 9, &digit))
		return false;
	do {
		*ret_ms += digit * scale;
		scale /= 10;
	} while (**at >= '0' && **at <= '9' && take(at, 1, 0, 9, &digit));
	return true;
}

static bool take_offset(const char **at, int *ret_seconds)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*ret_seconds = 0;
	if (take_char(at, 'Z'))
		return true;
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take(at, 2, 0, 23, &hours) || !take_char(at, ':') || !take(at, 2, 0, 59, &minutes))
		return false;
	*ret_seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool clock_parse(const char *text, int64_t *ret_real_ms)
{
	struct tm t = { 0 };
	int ms, offset;

	if (!text || !take_date(&text, &t) || !take_char(&text, 'T') || !take_time(&text, &t) ||
		!take_fraction(&text, &ms) || !take_offset(&text, &offset) || *text)
		return false;
	*ret_real_ms = ((int64_t)timegm(&t) - offset) * 1000 + ms;
	return true;
}
