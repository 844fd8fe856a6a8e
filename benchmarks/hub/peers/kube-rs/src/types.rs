//! The three kinds with all their fields, as kopium writes them out of the CRDs.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta, Time};
use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "cluster.open-cluster-management.io", version = "v1", kind = "ManagedCluster")]
#[kube(status = "ManagedClusterStatus", schema = "disabled")]
#[serde(rename_all = "camelCase")]
pub struct ManagedClusterSpec {
    #[serde(default)]
    pub hub_accepts_client: bool,
    pub lease_duration_seconds: Option<i32>,
    #[serde(default)]
    pub managed_cluster_client_configs: Vec<ClientConfig>,
    #[serde(default)]
    pub taints: Vec<Taint>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientConfig {
    pub url: String,
    pub ca_bundle: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taint {
    pub key: String,
    pub value: Option<String>,
    pub effect: String,
    pub time_added: Option<Time>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedClusterStatus {
    #[serde(default)]
    pub conditions: Vec<Condition>,
    pub capacity: Option<BTreeMap<String, Quantity>>,
    pub allocatable: Option<BTreeMap<String, Quantity>>,
    pub version: Option<ClusterVersion>,
    #[serde(default)]
    pub cluster_claims: Vec<ClusterClaim>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClusterVersion {
    pub kubernetes: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClusterClaim {
    pub name: String,
    pub value: String,
}

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "work.open-cluster-management.io", version = "v1", kind = "ManifestWork", namespaced)]
#[kube(status = "ManifestWorkStatus", schema = "disabled")]
#[serde(rename_all = "camelCase")]
pub struct ManifestWorkSpec {
    pub workload: Option<Workload>,
    pub delete_option: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifest_configs: Vec<Value>,
    pub executor: Option<Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Workload {
    #[serde(default)]
    pub manifests: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestWorkStatus {
    #[serde(default)]
    pub conditions: Vec<Condition>,
    #[serde(default)]
    pub resource_status: ResourceStatus,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ResourceStatus {
    #[serde(default)]
    pub manifests: Vec<ManifestCondition>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestCondition {
    pub resource_meta: Option<ResourceMeta>,
    #[serde(default)]
    pub conditions: Vec<Condition>,
    #[serde(default)]
    pub status_feedback: StatusFeedback,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ResourceMeta {
    pub ordinal: Option<i32>,
    pub group: Option<String>,
    pub version: Option<String>,
    pub kind: Option<String>,
    pub resource: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct StatusFeedback {
    #[serde(default)]
    pub values: Vec<FeedbackValue>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackValue {
    pub name: String,
    pub field_value: FieldValue,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldValue {
    pub r#type: Option<String>,
    pub integer: Option<i64>,
    pub string: Option<String>,
    pub boolean: Option<bool>,
    pub json_raw: Option<String>,
}

/// Has no spec, so kube's derive does not fit: see score.rs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AddOnPlacementScore {
    pub metadata: ObjectMeta,
    pub status: Option<AddOnPlacementScoreStatus>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddOnPlacementScoreStatus {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(default)]
    pub scores: Vec<Score>,
    pub valid_until: Option<Time>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Score {
    pub name: String,
    pub value: i32,
}
