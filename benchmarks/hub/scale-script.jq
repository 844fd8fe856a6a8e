# scale-script.jq — the audit log of Berth's requests about the fleet's clusters as the script that e2e/fleet/tools/script.h
# describes.  Input: one line per request, in any order, slurped.  What is another on another hub, uids and
# resourceVersions of the objects that Berth made, is told by their names.
def about: if .objectRef.resource == "events" then .requestObject.involvedObject.name else .objectRef.namespace // .objectRef.name end;
def content:
	if .verb == "create" or .verb == "delete" then "application/json"
	elif .requestURI | test("force=true") then "application/apply-patch+yaml"
	elif .requestObject | type == "array" then "application/json-patch+json"
	else "application/merge-patch+json" end;
def object: "\(.objectRef.resource)/\(.objectRef.namespace // "")/\(.objectRef.name // .responseObject.metadata.name)";
def answers: (.responseObject.metadata.uid // "") != "";
def makes: .responseStatus.code == 201 and answers and .objectRef.subresource == null;

map(select(about | startswith("fleet-"))) | sort_by(.requestReceivedTimestamp)
| (map(select(makes) | {key: .responseObject.metadata.uid, value: object}) | from_entries) as $names
| .[]
| [about,
	(if .userAgent | startswith("berth-worker") then 1 else 0 end),
	.responseStatus.code,
	({create: "POST", patch: "PATCH", delete: "DELETE", get: "GET", update: "PUT"}[.verb]),
	.requestURI,
	(if .verb == "get" then "" else content end),
	(if makes or (answers and .verb == "patch") then object else "" end),
	(if .verb == "get" then "" else object as $object | (.requestObject
		| if type == "array" then map(if .path == "/metadata/resourceVersion" then .value = "@rv:\($object)@" else . end)
			elif (.metadata?.resourceVersion? // "") != "" then .metadata.resourceVersion = "@rv:\($object)@" else . end | tojson
		| gsub("(?<uid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"; if $names[.uid] then "@uid:\($names[.uid])@" else .uid end)) end)]
| map(tostring) | join("\t")
