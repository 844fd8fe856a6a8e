package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clusterv1 "open-cluster-management.io/api/cluster/v1"
	workv1 "open-cluster-management.io/api/work/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// cacheOptions: by default whole objects of every kind; tuned, transforms drop what Reconcile does not
// look at before it is stored. Objects read from the cache are therefore never written back whole.
func cacheOptions(tuned bool) cache.Options {
	if !tuned {
		return cache.Options{}
	}
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&clusterv1.ManagedCluster{}: {Transform: stripCluster},
			&workv1.ManifestWork{}:      {Transform: stripWork},
		},
	}
}

func stripCluster(object any) (any, error) {
	if c, ok := object.(*clusterv1.ManagedCluster); ok {
		strip(c)
		c.Spec.ManagedClusterClientConfigs = nil
		c.Status = clusterv1.ManagedClusterStatus{Conditions: bare(c.Status.Conditions)}
	}
	return object, nil
}

func stripWork(object any) (any, error) {
	if w, ok := object.(*workv1.ManifestWork); ok {
		strip(w)
		w.Spec = workv1.ManifestWorkSpec{}
		w.Status.Conditions = bare(w.Status.Conditions)
		for i := range w.Status.ResourceStatus.Manifests {
			w.Status.ResourceStatus.Manifests[i].Conditions = nil
		}
	}
	return object, nil
}

func strip(o metav1.Object) {
	o.SetManagedFields(nil)
	o.SetLabels(nil)
	o.SetAnnotations(nil)
	o.SetFinalizers(nil)
}

// bare leaves of each condition what is compared: no text and no times.
func bare(conditions []metav1.Condition) []metav1.Condition {
	kept := make([]metav1.Condition, len(conditions))
	for i, c := range conditions {
		kept[i] = metav1.Condition{Type: c.Type, Status: c.Status, ObservedGeneration: c.ObservedGeneration}
	}
	return kept
}
