/* Recursive descent over libyaml's events.  The tree is built by plain cJSON calls that can fail, not by
 * the xjson family: a kubeconfig that does not fit into memory is an error like any other. */
#include "kube/yaml.h"

#include "kube/yaml_scalar.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MOST 64

struct source {
	yaml_parser_t parser;
	struct err *e;
};

static int refuse(struct source *s, yaml_mark_t at, const char *what)
{
	return err_set(s->e, EINVAL, "line %zu, column %zu: %s", at.line + 1, at.column + 1, what);
}

static int parser_failed(struct source *s)
{
	const yaml_parser_t *p = &s->parser;
	if (p->error == YAML_MEMORY_ERROR)
		return err_set(s->e, ENOMEM, "out of memory");
	/* The reader knows no mark, only an offset: bytes that are no UTF-8. */
	if (p->error == YAML_READER_ERROR)
		return err_set(s->e, EINVAL, "byte %zu: %s", p->problem_offset, p->problem);
	return refuse(s, p->problem_mark, p->problem ? p->problem : "not YAML");
}

static int next(struct source *s, yaml_event_t *event)
{
	return yaml_parser_parse(&s->parser, event) ? 0 : parser_failed(s);
}

static int parse_node(struct source *s, const yaml_event_t *first, int depth, cJSON **ret);

static int refuse_anchor(struct source *s, const yaml_event_t *event)
{
	return refuse(s, event->start_mark, "anchors and aliases are not understood");
}

static int scalar(struct source *s, const yaml_event_t *event, cJSON **ret)
{
	const char *problem = NULL;
	if (event->data.scalar.anchor)
		return refuse_anchor(s, event);
	int rc = yaml_scalar(event, ret, &problem);
	if (rc == -EINVAL)
		return refuse(s, event->start_mark, problem);
	return rc < 0 ? err_set(s->e, -rc, "out of memory") : 0;
}

/* Sequences and mappings: `depth` of them are open already. */
static int check_collection(struct source *s, const yaml_event_t *start, int depth)
{
	bool seq = start->type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *anchor =
		seq ? start->data.sequence_start.anchor : start->data.mapping_start.anchor;
	const yaml_char_t *tag =
		seq ? start->data.sequence_start.tag : start->data.mapping_start.tag;
	if (anchor)
		return refuse_anchor(s, start);
	if (tag && strcmp((const char *)tag, seq ? YAML_SEQ_TAG : YAML_MAP_TAG))
		return refuse(s, start->start_mark, "tag is not understood here");
	if (depth == DEPTH_MOST)
		return refuse(s, start->start_mark, "nested too deeply");
	return 0;
}

static int parse_sequence(struct source *s, int depth, cJSON **ret)
{
	AUTO_JSON array = cJSON_CreateArray();
	if (!array)
		return err_set(s->e, ENOMEM, "out of memory");
	for (;;) {
		yaml_event_t event;
		int rc = next(s, &event);
		if (rc < 0)
			return rc;
		cJSON *item = NULL;
		bool end = event.type == YAML_SEQUENCE_END_EVENT;
		if (!end)
			rc = parse_node(s, &event, depth, &item);
		yaml_event_delete(&event);
		if (rc < 0)
			return rc;
		if (end)
			break;
		cJSON_AddItemToArray(array, item);
	}
	*ret = STEAL(array);
	return 0;
}

static int check_key(struct source *s, const cJSON *object, const yaml_event_t *key)
{
	if (key->type == YAML_ALIAS_EVENT)
		return refuse_anchor(s, key);
	if (key->type != YAML_SCALAR_EVENT)
		return refuse(s, key->start_mark, "a key must be a string");
	AUTO_JSON value = NULL;
	int rc = scalar(s, key, &value);
	if (rc < 0)
		return rc;
	if (!cJSON_IsString(value))
		return refuse(s, key->start_mark, "a key must be a string: quote it");
	if (key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !strcmp(value->valuestring, "<<"))
		return refuse(s, key->start_mark, "merge keys are not understood");
	if (json_key(object, value->valuestring))
		return refuse(s, key->start_mark, "duplicate key");
	return 0;
}

/* Takes the value that belongs to the key and puts it into the object. */
static int parse_member(struct source *s, cJSON *object, const yaml_event_t *key, int depth)
{
	int rc = check_key(s, object, key);
	if (rc < 0)
		return rc;
	yaml_event_t event;
	rc = next(s, &event);
	if (rc < 0)
		return rc;
	AUTO_JSON value = NULL;
	rc = parse_node(s, &event, depth, &value);
	yaml_event_delete(&event);
	if (rc < 0)
		return rc;
	if (!cJSON_AddItemToObject(object, (const char *)key->data.scalar.value, value))
		return err_set(s->e, ENOMEM, "out of memory");
	(void)STEAL(value);
	return 0;
}

static int parse_mapping(struct source *s, int depth, cJSON **ret)
{
	AUTO_JSON object = cJSON_CreateObject();
	if (!object)
		return err_set(s->e, ENOMEM, "out of memory");
	for (;;) {
		yaml_event_t event;
		int rc = next(s, &event);
		if (rc < 0)
			return rc;
		bool end = event.type == YAML_MAPPING_END_EVENT;
		if (!end)
			rc = parse_member(s, object, &event, depth);
		yaml_event_delete(&event);
		if (rc < 0)
			return rc;
		if (end)
			break;
	}
	*ret = STEAL(object);
	return 0;
}

static int parse_node(struct source *s, const yaml_event_t *first, int depth, cJSON **ret)
{
	if (first->type == YAML_ALIAS_EVENT)
		return refuse_anchor(s, first);
	if (first->type == YAML_SCALAR_EVENT)
		return scalar(s, first, ret);
	int rc = check_collection(s, first, depth);
	if (rc < 0)
		return rc;
	return first->type == YAML_SEQUENCE_START_EVENT ? parse_sequence(s, depth + 1, ret)
							: parse_mapping(s, depth + 1, ret);
}

/* STREAM-START [DOCUMENT-START node DOCUMENT-END] STREAM-END */
static int parse_stream(struct source *s, cJSON **ret)
{
	AUTO_JSON tree = NULL;
	for (bool end = false; !end;) {
		yaml_event_t event;
		int rc = next(s, &event);
		if (rc < 0)
			return rc;
		end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && tree)
			rc = refuse(s, event.start_mark, "more than one document");
		else if (!end && event.type != YAML_STREAM_START_EVENT &&
			event.type != YAML_DOCUMENT_START_EVENT &&
			event.type != YAML_DOCUMENT_END_EVENT)
			rc = parse_node(s, &event, 0, &tree);
		yaml_event_delete(&event);
		if (rc < 0)
			return rc;
	}
	if (!tree || cJSON_IsNull(tree)) {
		cJSON_Delete(tree);
		tree = cJSON_CreateObject();
	}
	if (!tree)
		return err_set(s->e, ENOMEM, "out of memory");
	*ret = STEAL(tree);
	return 0;
}

int yaml_parse(const char *text, size_t len, cJSON **ret, struct err *e)
{
	struct source s = { .e = e };
	if (!yaml_parser_initialize(&s.parser))
		return err_set(e, ENOMEM, "out of memory");
	yaml_parser_set_input_string(&s.parser, (const unsigned char *)text, len);
	int rc = parse_stream(&s, ret);
	yaml_parser_delete(&s.parser);
	return rc;
}
