/* texts.h — what operator and worker say in the same words, for either may be the one to say it. */
#ifndef PROTO_TEXTS_H
#define PROTO_TEXTS_H

/* Ready=False NoPlan; twice the cluster's name. */
#define ONBOARDING_NO_PLAN                                                                           \
	"no OnboardingPlan selects cluster %s: compare kubectl get managedcluster %s --show-labels " \
	"with the clusterSelectors of kubectl get obp -o yaml"

#endif
