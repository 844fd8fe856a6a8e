package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clusterv1 "open-cluster-management.io/api/cluster/v1"
	clusterv1alpha1 "open-cluster-management.io/api/cluster/v1alpha1"
	workv1 "open-cluster-management.io/api/work/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const name = "bench" // of the work and of the score

// reference is the operations per second that score 50.
const reference = 200e6

// Reconciler brings one cluster a step further; its requests are named like the cluster.
type Reconciler struct {
	client.Client
	work workv1.ManifestWork // what every cluster gets
}

func (r *Reconciler) SetupWithManager(manager ctrl.Manager, options controller.Options) error {
	text, err := os.ReadFile(os.Getenv("WORK"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.work); err != nil {
		return err
	}
	ofCluster := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: o.GetNamespace()}}}
	})
	return ctrl.NewControllerManagedBy(manager).
		For(&clusterv1.ManagedCluster{}).
		Watches(&workv1.ManifestWork{}, ofCluster).
		Watches(&clusterv1alpha1.AddOnPlacementScore{}, ofCluster).
		WithOptions(options).
		Complete(r)
}

func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var cluster clusterv1.ManagedCluster
	if err := r.Get(ctx, request.NamespacedName, &cluster); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !isReady(&cluster) {
		return ctrl.Result{}, nil
	}
	var work workv1.ManifestWork
	err := r.Get(ctx, client.ObjectKey{Namespace: cluster.Name, Name: name}, &work)
	if apierrors.IsNotFound(err) {
		work := r.work.DeepCopy()
		work.Namespace = cluster.Name
		return ctrl.Result{}, client.IgnoreAlreadyExists(r.Create(ctx, work))
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if value, ok := scoreOf(&work); ok {
		return ctrl.Result{}, r.publish(ctx, cluster.Name, value)
	}
	return ctrl.Result{}, nil
}

// publish writes the score unless it stands there already.  It has a status and no spec: it is created first,
// and when the cache shows it, the event brings us here again.
func (r *Reconciler) publish(ctx context.Context, namespace string, value int32) error {
	var score clusterv1alpha1.AddOnPlacementScore
	err := r.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &score)
	if apierrors.IsNotFound(err) {
		score = clusterv1alpha1.AddOnPlacementScore{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		return client.IgnoreAlreadyExists(r.Create(ctx, &score))
	}
	if err != nil {
		return err
	}
	if scores := score.Status.Scores; len(scores) == 1 && scores[0].Value == value {
		return nil
	}
	until := metav1.NewTime(time.Now().Add(24 * time.Hour))
	score.Status.ValidUntil = &until
	score.Status.Scores = []clusterv1alpha1.AddOnPlacementScoreItem{{Name: "cpu", Value: value}}
	return r.Status().Update(ctx, &score)
}

func isReady(cluster *clusterv1.ManagedCluster) bool {
	for _, taint := range cluster.Spec.Taints {
		if taint.Key == clusterv1.ManagedClusterTaintUnavailable || taint.Key == clusterv1.ManagedClusterTaintUnreachable {
			return false
		}
	}
	for _, condition := range []string{
		clusterv1.ManagedClusterConditionHubAccepted,
		clusterv1.ManagedClusterConditionJoined,
		clusterv1.ManagedClusterConditionAvailable,
	} {
		if !meta.IsStatusConditionTrue(cluster.Status.Conditions, condition) {
			return false
		}
	}
	return cluster.DeletionTimestamp.IsZero() && cluster.Spec.HubAcceptsClient
}

// scoreOf reads what the edge has reported, if it has; feedback of an older generation does not count.
func scoreOf(work *workv1.ManifestWork) (int32, bool) {
	applied := meta.FindStatusCondition(work.Status.Conditions, workv1.WorkApplied)
	if applied == nil || applied.Status != metav1.ConditionTrue || applied.ObservedGeneration != work.Generation {
		return 0, false
	}
	for _, manifest := range work.Status.ResourceStatus.Manifests {
		for _, value := range manifest.StatusFeedbacks.Values {
			if value.Name == "message" && value.Value.String != nil {
				return parse(*value.Value.String)
			}
		}
	}
	return 0, false
}

func parse(message string) (int32, bool) {
	var report struct {
		Probes []struct {
			Name  string
			Value float64
		}
	}
	if json.Unmarshal([]byte(message), &report) != nil {
		return 0, false
	}
	for _, probe := range report.Probes {
		if probe.Name == "cpu" && probe.Value > 0 {
			return int32(math.Round(100 * probe.Value / (probe.Value + reference))), true
		}
	}
	return 0, false
}
