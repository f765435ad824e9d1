// Controllers work on one object at a time; whoever else calls does not.
package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func ensure(ctx context.Context, c client.Client, obj client.Object) error {
	existing := &corev1.Secret{}
	err := c.Get(ctx, client.ObjectKeyFromObject(obj), existing)
	if err == nil {
		return c.Update(ctx, existing)
	}
	if err := c.Create(ctx, obj); err != nil {
		return err
	}
	return nil
}

type Reconciler struct{ client client.Client }

func (r *Reconciler) Reconcile(ctx context.Context, ns string) error {
	return r.GoodProvision(ctx, ns)
}

func (r *Reconciler) GoodProvision(ctx context.Context, ns string) error {
	for _, obj := range secrets(ns) {
		if err := ensure(ctx, r.client, obj); err != nil {
			return err
		}
	}
	return ensure(ctx, r.client, account(ns))
}

type Loose struct{ client client.Client }

func (r *Loose) BadProvision(ctx context.Context, ns string) error {
	for _, obj := range secrets(ns) {
		if err := ensure(ctx, r.client, obj); err != nil {
			return err
		}
	}
	return ensure(ctx, r.client, account(ns))
}
func secrets(ns string) []client.Object { return nil }
func account(ns string) client.Object { return nil }
