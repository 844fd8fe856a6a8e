# shape.jq — an object as lines "path = shape of its value": what two clusters' objects have in common if they were
# written by the same hands.  --arg cluster NAME, --arg run ID.
#
# Lists are keyed by what tells their items apart, names of the cluster and the run are replaced, and of what differs
# from one moment or machine to the next only the form is kept: TIME, UID, 9 for each number.
def digits: gsub("[0-9]+(\\.[0-9]+)?(e[+-]?[0-9]+)?"; "9");
def replaced(word; by): if word == "" then . else split(word) | join(by) end;
def shape:
	if type == "string" then
		replaced($run; "RUN") | replaced($cluster; "CLUSTER")
		| gsub("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"; "TIME")
		| gsub("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z"; "MICROTIME")
		| gsub("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"; "UID")
		| digits
	elif type == "number" then (tostring | digits)
	else tostring end;
def key($at):
	if type != "object" then tostring
	elif .fieldsType then "\(.manager)/\(.subresource // "")"
	elif .resourceMeta then "\(.resourceMeta.ordinal)"
	else .type // .name // .url // "\($at)" end;
def lines($path):
	if type == "object" and . != {} then
		to_entries[] | .key as $k | .value | lines("\($path).\($k)")
	elif type == "array" and . != [] then
		to_entries[] | .key as $i | .value | lines("\($path)[\(key($i) | replaced($cluster; "CLUSTER"))]")
	elif ($path | endswith(".settled")) then "\($path) = true or false"
	elif . == "Running" or . == "Succeeded" then # a pod whose container has ended may be seen as either
		"\($path) = Running or Succeeded"
	elif type == "string" and startswith("{\"schema\"") then
		fromjson | lines("\($path)(json)")
	else "\($path | replaced($cluster; "CLUSTER")) = \(shape)" end;
lines("")
