//! What is decided, without any request.

use k8s_openapi::jiff::{Timestamp, ToSpan};
use kube::Resource;
use serde::Deserialize;

use crate::types::{AddOnPlacementScore, ManagedCluster, ManifestWork};

const TAINTS: [&str; 2] = [
    "cluster.open-cluster-management.io/unavailable",
    "cluster.open-cluster-management.io/unreachable",
];
const CONDITIONS: [&str; 3] =
    ["HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable"];
const REFERENCE: f64 = 200e6; // operations per second that score 50

pub fn is_ready(cluster: &ManagedCluster) -> bool {
    let Some(status) = &cluster.status else { return false };
    cluster.meta().deletion_timestamp.is_none()
        && cluster.spec.hub_accepts_client
        && !cluster.spec.taints.iter().any(|taint| TAINTS.contains(&taint.key.as_str()))
        && CONDITIONS.iter().all(|wanted| {
            status.conditions.iter().any(|c| c.type_ == *wanted && c.status == "True")
        })
}

#[derive(Deserialize)]
struct Report {
    probes: Vec<Probe>,
}

#[derive(Deserialize)]
struct Probe {
    name: String,
    value: Option<f64>,
}

/// What the edge has reported, if it has; feedback of an older generation does not count.
pub fn score_of(work: &ManifestWork) -> Option<i32> {
    let status = work.status.as_ref()?;
    let applied = status.conditions.iter().find(|c| c.type_ == "Applied")?;
    if applied.status != "True" || applied.observed_generation != work.meta().generation {
        return None;
    }
    let values = status.resource_status.manifests.iter().flat_map(|m| &m.status_feedback.values);
    let message = values.filter(|v| v.name == "message").find_map(|v| v.field_value.string.as_ref())?;
    let report: Report = serde_json::from_str(message).ok()?;
    let value = report.probes.iter().find(|probe| probe.name == "cpu")?.value?;
    (value > 0.0).then(|| (100.0 * value / (value + REFERENCE)).round() as i32)
}

/// When a score that is written now ceases to count.
pub fn tomorrow() -> String {
    (Timestamp::now() + 24.hours()).strftime("%FT%TZ").to_string()
}

pub fn value_of(score: &AddOnPlacementScore) -> Option<i32> {
    match score.status.as_ref()?.scores.as_slice() {
        [only] => Some(only.value),
        _ => None,
    }
}
