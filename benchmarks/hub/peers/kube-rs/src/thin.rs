//! The three kinds with only those fields that are looked at: the rest is skipped while it is parsed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::CustomResource;
use serde::{Deserialize, Serialize};

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "cluster.open-cluster-management.io", version = "v1", kind = "ManagedCluster")]
#[kube(status = "ManagedClusterStatus", schema = "disabled")]
#[serde(rename_all = "camelCase")]
pub struct ManagedClusterSpec {
    #[serde(default)]
    pub hub_accepts_client: bool,
    #[serde(default)]
    pub taints: Vec<Taint>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Taint {
    pub key: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ManagedClusterStatus {
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    #[serde(rename = "type")]
    pub type_: String,
    pub status: String,
    pub observed_generation: Option<i64>,
}

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize)]
#[kube(group = "work.open-cluster-management.io", version = "v1", kind = "ManifestWork", namespaced)]
#[kube(status = "ManifestWorkStatus", schema = "disabled")]
pub struct ManifestWorkSpec {}

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
    #[serde(default)]
    pub status_feedback: StatusFeedback,
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
pub struct FieldValue {
    pub string: Option<String>,
}

/// Has no spec, so kube's derive does not fit: see score.rs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AddOnPlacementScore {
    pub metadata: ObjectMeta,
    pub status: Option<AddOnPlacementScoreStatus>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AddOnPlacementScoreStatus {
    #[serde(default)]
    pub scores: Vec<Score>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Score {
    pub name: String,
    pub value: i32,
}
