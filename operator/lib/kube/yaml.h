/* yaml.h — YAML text to a cJSON tree (libyaml's events), for kubeconfigs and our config file.
 *
 * One document, block or flow; core-schema scalars (null, bool, int, float; quoted ones are strings).
 * Refused, with line and column: duplicate keys, non-string keys, anchors/aliases/merge keys, tags
 * other than core ones, more than 64 levels, more than one document. */
#ifndef KUBE_YAML_H
#define KUBE_YAML_H

#include "base/json.h"

/* Empty text is an empty object.  0, -EINVAL, -ENOMEM. */
int yaml_parse(const char *text, size_t len, cJSON **ret, struct err *e) MUST_CHECK;

#endif
