#include "testing/t.h"

#include "http/guard.h"

#define HUB "10.96.0.0/12,10.244.0.0/16,fd00:10:96::/108,192.0.2.7"

static struct guard hub_guard(void)
{
	struct guard g = { .n_denied = 0 };

	T_EQ(guard_deny(&g, HUB, NULL), 0);
	return g;
}

static void test_addresses(void **state)
{
	static const char *const refused[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16",
		"192.0.0.192", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"10.96.0.1", "10.111.255.255", "10.244.3.4", "192.0.2.7", "::", "::1",
		"::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:10.96.0.1",
		"::10.96.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.96.0.1",
		"64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::", "2002:a60:1::1",
		"2002:a9fe:a9fe::", "2001:0:1:2::", "fe80::1", "febf::1", "fec0::1", "ff02::1",
		"fd00:ec2::254", "fd20:ce::254", "fd00:10:96::1", "fd00::5efe:127.0.0.1",
		"2001:db8::200:5efe:10.96.0.1", "100::1" };
	static const char *const fine[] = { "10.0.0.1", "10.112.0.1", "172.16.0.1", "192.168.1.1",
		"100.64.0.1", "203.0.113.9", "8.8.8.8", "192.0.2.8", "fd00::1", "2001:db8::1",
		"64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8", "fd00:10:97::1" };
	struct guard g = hub_guard();
	struct addr a;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		T_TRUE(addr_parse(refused[i], &a));
		if (!guard_refuses(&g, &a))
			fail_msg("%s may be asked", refused[i]);
	}
	for (size_t i = 0; i < COUNT(fine); i++) {
		T_TRUE(addr_parse(fine[i], &a));
		if (guard_refuses(&g, &a))
			fail_msg("%s: %s", fine[i], guard_refuses(&g, &a));
	}
}

static void test_an_address_from_a_cluster(void **state)
{
	struct guard g = hub_guard();
	struct addr a;

	(void)state;
	g.foreign = true;
	T_TRUE(addr_parse("10.1.2.3", &a));
	T_HAS(guard_refuses(&g, &a), "allowedCIDRs");
	T_TRUE(cidr_parse("10.0.0.0/8", &g.within[0]));
	g.n_within = 1;
	T_NULL(guard_refuses(&g, &a));
	T_TRUE(addr_parse("11.1.2.3", &a));
	T_HAS(guard_refuses(&g, &a), "allowedCIDRs");
	T_TRUE(addr_parse("10.96.0.1", &a)); /* the hub's own: whatever the plan allows */
	T_HAS(guard_refuses(&g, &a), "hub's own");
	T_TRUE(addr_parse("64:ff9b::10.1.2.3", &a));
	T_HAS(guard_refuses(&g, &a), "allowedCIDRs");
}

static void test_lists_of_ranges(void **state)
{
	struct guard g = { .n_denied = 0 };
	struct err e;

	(void)state;
	T_EQ(guard_deny(&g, "", NULL), 0);
	T_EQ(g.n_denied, 0);
	T_EQ(guard_deny(&g, "10.0.0.0/8,x", &e), -EINVAL);
	T_HAS(e.msg, "\"x\" is no address range");
	for (int i = (int)g.n_denied; i < GUARD_DENIED_MOST; i++)
		T_EQ(guard_deny(&g, "10.0.0.0/8", NULL), 0);
	T_EQ(guard_deny(&g, "10.0.0.0/8", &e), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_an_address_from_a_cluster),
		cmocka_unit_test(test_lists_of_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
