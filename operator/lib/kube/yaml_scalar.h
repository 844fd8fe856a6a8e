/* yaml_scalar.h — what a YAML scalar means by the core schema (YAML 1.2.2, section 10.3).  Internal. */
#ifndef KUBE_YAML_SCALAR_H
#define KUBE_YAML_SCALAR_H

#include "base/auto.h"

#include <cjson/cJSON.h>
#include <yaml.h>

/* 0; -EINVAL with *ret_problem; -ENOMEM. */
int yaml_scalar(const yaml_event_t *event, cJSON **ret, const char **ret_problem) MUST_CHECK;

#endif
