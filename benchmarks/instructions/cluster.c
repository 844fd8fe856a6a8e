#include "cluster.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* With ' for ".  Values in this order: name, seconds, name, version, number; available. */
static const char head[] =
	"{'apiVersion':'cluster.open-cluster-management.io/v1','kind':'ManagedCluster','metadata':{"
	"'annotations':{'agent.open-cluster-management.io/klusterlet-config':'default',"
	"'open-cluster-management/created-via':'discovery'},"
	"'creationTimestamp':'2026-11-21T05:24:00Z','finalizers':["
	"'cluster.open-cluster-management.io/api-resource-cleanup',"
	"'managedclusterinfo.finalizers.open-cluster-management.io'],'generation':3,'labels':{"
	"'cloud':'Other','cluster.open-cluster-management.io/clusterset':'edge',"
	"'feature.open-cluster-management.io/addon-work-manager':'available',"
	"'name':'%s','region':'south','tier':'edge','vendor':'Kubernetes'},'managedFields':["
	"{'apiVersion':'cluster.open-cluster-management.io/v1','fieldsType':'FieldsV1','fieldsV1':{"
	"'f:metadata':{'f:annotations':{'.':{},'f:open-cluster-management/created-via':{}},'f:labels':{"
	"'.':{},'f:cloud':{},'f:cluster.open-cluster-management.io/clusterset':{},'f:name':{},"
	"'f:region':{},'f:tier':{},'f:vendor':{}}},'f:spec':{'.':{},'f:hubAcceptsClient':{},"
	"'f:leaseDurationSeconds':{}}},'manager':'console','operation':'Update',"
	"'time':'2026-11-21T05:24:00Z'},"
	"{'apiVersion':'cluster.open-cluster-management.io/v1','fieldsType':'FieldsV1','fieldsV1':{"
	"'f:metadata':{'f:finalizers':{'.':{},"
	"'v:\\'cluster.open-cluster-management.io/api-resource-cleanup\\'':{}}},'f:spec':{"
	"'f:managedClusterClientConfigs':{},'f:taints':{}},'f:status':{'f:conditions':{"
	"'k:{\\'type\\':\\'HubAcceptedManagedCluster\\'}':{'.':{},'f:lastTransitionTime':{},"
	"'f:message':{},'f:reason':{},'f:status':{},'f:type':{}}}}},'manager':'registration',"
	"'operation':'Update','subresource':'status','time':'2026-11-21T05:24:09Z'},"
	"{'apiVersion':'cluster.open-cluster-management.io/v1','fieldsType':'FieldsV1','fieldsV1':{"
	"'f:status':{'f:allocatable':{'.':{},'f:cpu':{},'f:memory':{}},'f:capacity':{'.':{},'f:cpu':{},"
	"'f:memory':{}},'f:clusterClaims':{},'f:conditions':{"
	"'k:{\\'type\\':\\'ManagedClusterConditionAvailable\\'}':{'.':{},'f:lastTransitionTime':{},"
	"'f:message':{},'f:reason':{},'f:status':{},'f:type':{}},"
	"'k:{\\'type\\':\\'ManagedClusterJoined\\'}':{'.':{},'f:lastTransitionTime':{},'f:message':{},"
	"'f:reason':{},'f:status':{},'f:type':{}}},'f:version':{'.':{},'f:kubernetes':{}}}},"
	"'manager':'registration-agent','operation':'Update','subresource':'status',"
	"'time':'2026-11-21T06:00:%02uZ'}],'name':'%s','resourceVersion':'%lu',"
	"'uid':'5b1d9c2e-7f43-4a86-9d0b-%012u'},";
static const char tail[] =
	"'spec':{'hubAcceptsClient':true,'leaseDurationSeconds':60,'managedClusterClientConfigs':[{"
	"'caBundle':'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURCVENDQWUyZ0F3SUJBZ0lJVnhXNVZ3d0V3dEV3"
	"RFFZSktvWklodmNOQVFFTEJRQXdGVEVUTUJFR0ExVUUKQXhNS2EzVmlaWEp1WlhSbGN6QWVGdzB5TmpFeE1qRXdOVEU1"
	"TURCYUZ3MHpOakV4TVRnd05USTBNREJhTUJVeApFekFSQmdOVkJBTVRDbXQxWW1WeWJtVjBaWE13Z2dFaU1BMEdDU3FH"
	"U0liM0RRRUJBUVVBQTRJQkR3QXdnZ0VLCkFvSUJBUURKN2dxb3hYcTBUQ1B1eXBpN0o3cEE4cGZ6aDM0MVZlSFpVQUpk"
	"V1pGL2RzQVE9PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==',"
	"'url':'https://edge.example:6443'}]},"
	"'status':{'allocatable':{'cpu':'4','memory':'8028244Ki'},'capacity':{'cpu':'4',"
	"'memory':'8130644Ki'},'clusterClaims':[{'name':'id.k8s.io','value':"
	"'5b1d9c2e-7f43-4a86-9d0b-1c2d3e4f5a6b'},{'name':'kubeversion.open-cluster-management.io',"
	"'value':'v1.35.4'},{'name':'platform.open-cluster-management.io','value':'Other'},"
	"{'name':'product.open-cluster-management.io','value':'Other'},"
	"{'name':'region.open-cluster-management.io','value':'south'}],'conditions':["
	"{'lastTransitionTime':'2026-11-21T05:24:09Z','message':'Accepted by hub cluster admin',"
	"'reason':'HubClusterAdminAccepted','status':'True','type':'HubAcceptedManagedCluster'},"
	"{'lastTransitionTime':'2026-11-21T05:24:12Z','message':'Managed cluster joined',"
	"'reason':'ManagedClusterJoined','status':'True','type':'ManagedClusterJoined'},"
	"{'lastTransitionTime':'2026-11-21T05:24:12Z','message':'Managed cluster is available',"
	"'reason':'ManagedClusterAvailable','status':'%s','type':'ManagedClusterConditionAvailable'},"
	"{'lastTransitionTime':'2026-11-21T05:24:12Z','message':'The clock of the managed cluster is "
	"synced with the hub.','reason':'ManagedClusterClockSynced','status':'True',"
	"'type':'ManagedClusterConditionClockSynced'}],'version':{'kubernetes':'v1.35.4'}}}";

char *cluster_text(const struct cluster_look *look)
{
	struct buf b = { 0 };
	char name[32], *text;

	snprintf(name, sizeof(name), "edge-%05u", look->number);
	if (look->type)
		buf_printf(&b, "{'type':'%s','object':", look->type);
	buf_printf(&b, head, name, look->seconds, name, look->version, look->number);
	buf_printf(&b, tail, look->available);
	buf_str(&b, look->type ? "}\n" : "");
	text = buf_steal(&b);
	if (!text)
		mem_exhausted();
	for (char *at = text; (at = strchr(at, '\''));)
		*at = '"';
	return text;
}
