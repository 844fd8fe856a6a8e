// The job of benchmarks/hub with controller-runtime: a cluster becomes ready, it gets one ManifestWork;
// the work's feedback appears, the cluster gets an AddOnPlacementScore.
//
// -tuned keeps in the caches only what Reconcile looks at, and reconciles four clusters at once.
package main

import (
	"flag"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	clusterv1 "open-cluster-management.io/api/cluster/v1"
	clusterv1alpha1 "open-cluster-management.io/api/cluster/v1alpha1"
	workv1 "open-cluster-management.io/api/work/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	tuned := flag.Bool("tuned", false, "thin caches, four workers")
	flag.Parse()
	ctrl.SetLogger(zap.New())

	if err := run(*tuned); err != nil {
		ctrl.Log.Error(err, "cannot run")
		os.Exit(1)
	}
}

// workers: how many clusters are reconciled at once; one is the default.
func workers(tuned bool) controller.Options {
	if tuned {
		return controller.Options{MaxConcurrentReconciles: 4}
	}
	return controller.Options{}
}

func run(tuned bool) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clusterv1.Install, clusterv1alpha1.Install, workv1.Install,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	config := ctrl.GetConfigOrDie()
	config.QPS = -1 // the default of 20 requests a second would be what is measured

	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Cache:   cacheOptions(tuned),
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	if err != nil {
		return err
	}
	if err := (&Reconciler{Client: manager.GetClient()}).SetupWithManager(manager, workers(tuned)); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}
