//! The job of benchmarks/hub with kube-rs: a cluster becomes ready, it gets one ManifestWork; the work's
//! feedback appears, the cluster gets an AddOnPlacementScore.
//!
//! With the feature `tuned` it does what kube.rs advises against memory: types with only the fields that are
//! looked at, managedFields, annotations, labels and finalizers dropped, streaming lists, one thread.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

mod job;
mod score;
#[cfg_attr(feature = "tuned", path = "thin.rs")]
mod types;

use types::{AddOnPlacementScore, ManagedCluster, ManifestWork};

const NAME: &str = "bench"; // of the work, the score and the field manager
const TUNED: bool = cfg!(feature = "tuned");

struct Context {
    client: Client,
    work: Value, // what every cluster gets
    works: Store<ManifestWork>,
    scores: Store<AddOnPlacementScore>,
}

/// A reflector over all objects of a kind: its store, and the stream that fills it.
fn reflect<K>(client: &Client) -> (Store<K>, impl Stream<Item = Result<K, watcher::Error>> + use<K>)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let (store, writer) = reflector::store();
    let config = watcher::Config::default();
    let config = if TUNED { config.streaming_lists() } else { config };
    let stream = watcher(Api::<K>::all(client.clone()), config)
        .default_backoff()
        .modify(|object| {
            if TUNED {
                let meta = object.meta_mut();
                (meta.managed_fields, meta.annotations, meta.labels, meta.finalizers) = (None, None, None, None);
            }
        })
        .reflect(writer)
        .touched_objects();
    (store, stream)
}

fn cluster_of<K: ResourceExt>(object: K) -> Option<ObjectRef<ManagedCluster>> {
    object.namespace().map(|namespace| ObjectRef::new(&namespace))
}

fn ours() -> PatchParams {
    PatchParams::apply(NAME).force()
}

async fn reconcile(cluster: Arc<ManagedCluster>, context: Arc<Context>) -> Result<Action, kube::Error> {
    let namespace = cluster.name_any();
    if !job::is_ready(&cluster) {
        return Ok(Action::await_change());
    }
    let Some(work) = context.works.get(&ObjectRef::new(NAME).within(&namespace)) else {
        let works: Api<ManifestWork> = Api::namespaced(context.client.clone(), &namespace);
        works.patch(NAME, &ours(), &Patch::Apply(&context.work)).await?;
        return Ok(Action::await_change());
    };
    if let Some(value) = job::score_of(&work) {
        publish(&context, &namespace, value).await?;
    }
    Ok(Action::await_change())
}

/// Writes the score unless it stands there already.
async fn publish(context: &Context, namespace: &str, value: i32) -> Result<(), kube::Error> {
    let known = context.scores.get(&ObjectRef::new(NAME).within(namespace));
    if known.is_some_and(|score| job::value_of(&score) == Some(value)) {
        return Ok(());
    }
    let scores: Api<AddOnPlacementScore> = Api::namespaced(context.client.clone(), namespace);
    let mut score = json!({
        "apiVersion": "cluster.open-cluster-management.io/v1alpha1",
        "kind": "AddOnPlacementScore",
        "metadata": {"name": NAME},
    });
    scores.patch(NAME, &ours(), &Patch::Apply(&score)).await?;
    score["status"] = json!({
        "scores": [{"name": "cpu", "value": value}],
        "validUntil": job::tomorrow(),
    });
    scores.patch_status(NAME, &ours(), &Patch::Apply(&score)).await?;
    Ok(())
}

fn retry(cluster: Arc<ManagedCluster>, error: &kube::Error, _: Arc<Context>) -> Action {
    eprintln!("{}: {error}", cluster.name_any());
    Action::requeue(Duration::from_secs(1))
}

async fn run() -> anyhow::Result<()> {
    let client = Client::try_default().await?;
    let (clusters, cluster_stream) = reflect::<ManagedCluster>(&client);
    let (works, work_stream) = reflect::<ManifestWork>(&client);
    let (scores, score_stream) = reflect::<AddOnPlacementScore>(&client);
    let work = serde_json::from_slice(&std::fs::read(std::env::var("WORK")?)?)?;

    Controller::for_stream(cluster_stream, clusters)
        .watches_stream(work_stream, cluster_of)
        .watches_stream(score_stream, cluster_of)
        .shutdown_on_signal()
        .run(reconcile, retry, Arc::new(Context { client, work, works, scores }))
        .for_each(|_| futures::future::ready(()))
        .await;
    Ok(())
}

fn main() -> anyhow::Result<()> {
    use tokio::runtime::Builder;
    let mut builder = if TUNED { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()?.block_on(run())
}
