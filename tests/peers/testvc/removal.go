// Takes entities out of the inventory, and moves them within it, with every list that names them.
// The simulator's own Destroy leaves a host in its cluster's list, where views would still find it.

package main

import (
	"fmt"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type removal struct {
	*builder
	// move keeps a removed host's machines, on a host that isn't doomed itself.
	move    bool
	doomed  map[types.ManagedObjectReference]bool
	removed map[string]int
}

func (r *removal) remove(entity mo.Entity) error {
	switch entity := entity.(type) {
	case *simulator.VirtualMachine:
		for _, ref := range append([]types.ManagedObjectReference{*entity.Runtime.Host}, entity.Datastore...) {
			r.unlist(ref, entity.Self, "vm")
		}
		r.leavePool(entity)
	case *simulator.HostSystem:
		return r.removeHost(entity)
	case *simulator.ClusterComputeResource:
		return r.removeAll(entity, append(r.copyOf(entity.Host), *entity.ResourcePool))
	case *mo.ComputeResource:
		return r.removeAll(entity, append(r.copyOf(entity.Host), *entity.ResourcePool))
	case *simulator.ResourcePool:
		return r.removeAll(entity, append(r.copyOf(entity.ResourcePool.ResourcePool), entity.Vm...))
	case *simulator.VirtualApp:
		return r.removeAll(entity, append(r.copyOf(entity.ResourcePool.ResourcePool), entity.Vm...))
	case *simulator.Folder:
		return r.removeAll(entity, r.copyOf(entity.ChildEntity))
	case *simulator.StoragePod:
		return r.removeAll(entity, r.copyOf(entity.ChildEntity))
	case *simulator.Datacenter:
		return r.removeAll(entity, []types.ManagedObjectReference{
			entity.VmFolder, entity.HostFolder, entity.DatastoreFolder, entity.NetworkFolder,
		})
	}
	r.drop(entity)
	return nil
}

func (r *removal) copyOf(refs []types.ManagedObjectReference) []types.ManagedObjectReference {
	return append([]types.ManagedObjectReference(nil), refs...)
}

// removeAll removes what an entity contains, and then the entity.
func (r *removal) removeAll(entity mo.Entity, contents []types.ManagedObjectReference) error {
	for _, ref := range contents {
		if child, ok := r.registry.Get(ref).(mo.Entity); ok {
			if err := r.remove(child); err != nil {
				return err
			}
		}
	}
	r.drop(entity)
	return nil
}

func (r *removal) removeHost(host *simulator.HostSystem) error {
	machines := r.copyOf(host.Vm)
	if r.move && len(machines) > 0 {
		refuge := r.refuge()
		if refuge == nil {
			return fmt.Errorf("no host remains for the machines of %s", host.Self.Value)
		}
		for _, ref := range machines {
			r.moveVM(r.registry.Get(ref).(*simulator.VirtualMachine), refuge)
		}
		machines = nil
	}
	if alone, ok := r.registry.Get(*host.Parent).(*mo.ComputeResource); ok && len(alone.Host) == 1 {
		// A standalone host goes with the compute resource and the pool that exist for it alone.
		pool := *alone.ResourcePool
		if err := r.removeAll(host, machines); err != nil {
			return err
		}
		return r.removeAll(alone, []types.ManagedObjectReference{pool})
	}
	return r.removeAll(host, machines)
}

func (r *removal) refuge() *simulator.HostSystem {
	for _, host := range all[*simulator.HostSystem](r.builder, "HostSystem") {
		if !r.doomed[host.Self] {
			return host
		}
	}
	return nil
}

// drop takes an entity out of its parent's list first, so that no view can list it any more, and then
// out of the registry, which announces that it left.
func (r *removal) drop(entity mo.Entity) {
	ref := entity.Reference()
	if r.registry.Get(ref) == nil {
		return
	}
	if parent := entity.Entity().Parent; parent != nil {
		for _, list := range []string{"childEntity", "host", "resourcePool", "network", "datastore"} {
			r.unlist(*parent, ref, list)
		}
	}
	if ref.Type == "Datastore" || ref.Type == "Network" {
		for _, host := range all[*simulator.HostSystem](r.builder, "HostSystem") {
			r.unlist(host.Self, ref, "datastore")
			r.unlist(host.Self, ref, "network")
		}
	}
	r.registry.Remove(r.ctx, ref)
	r.removed[ref.Type]++
}

// unlist removes a reference from a list property of an object, and announces the shorter list. It
// does nothing where the object has no such list, or the list no such entry.
func (b *builder) unlist(from, ref types.ManagedObjectReference, property string) {
	object := b.registry.Get(from)
	if object == nil {
		return
	}
	list, ok := listProperty(object, property)
	if !ok {
		return
	}
	shorter := make([]types.ManagedObjectReference, 0, len(list))
	for _, entry := range list {
		if entry != ref {
			shorter = append(shorter, entry)
		}
	}
	if len(shorter) != len(list) {
		b.registry.AtomicUpdate(b.ctx, object, []types.PropertyChange{{Name: property, Val: shorter}})
	}
}

func listProperty(object mo.Reference, property string) ([]types.ManagedObjectReference, bool) {
	field := managed(object).FieldByName(exported(property))
	if !field.IsValid() || !field.CanInterface() {
		return nil, false
	}
	list, ok := field.Interface().([]types.ManagedObjectReference)
	return list, ok
}

// managed finds the plain managed object inside the simulator's wrapper, where its properties are.
func managed(object mo.Reference) reflect.Value {
	value := reflect.ValueOf(object).Elem()
	for value.Type().PkgPath() != reflect.TypeFor[mo.Folder]().PkgPath() {
		value = value.Field(0)
	}
	return value
}

// moveVM migrates a machine: its host, its pool, and the lists of both sides.
func (b *builder) moveVM(vm *simulator.VirtualMachine, to *simulator.HostSystem) {
	b.unlist(*vm.Runtime.Host, vm.Self, "vm")
	template := vm.ResourcePool == nil
	b.leavePool(vm)
	b.registry.AtomicUpdate(b.ctx, to, []types.PropertyChange{
		{Name: "vm", Val: append(append([]types.ManagedObjectReference(nil), to.Vm...), vm.Self)},
	})
	changes := []types.PropertyChange{
		{Name: "runtime.host", Val: to.Self}, {Name: "summary.runtime.host", Val: to.Self},
	}
	if pool := b.rootPool(to); pool != nil && !template {
		b.registry.AppendReference(b.ctx, pool, &pool.Vm, vm.Self)
		changes = append(changes, types.PropertyChange{Name: "resourcePool", Val: pool.Self})
	}
	b.registry.AtomicUpdate(b.ctx, vm, changes)
}

// moveHost takes a host, with its machines, into a cluster.
func (b *builder) moveHost(host *simulator.HostSystem, to *simulator.ClusterComputeResource) {
	from := *host.Parent
	b.registry.AtomicUpdate(b.ctx, to, []types.PropertyChange{
		{Name: "host", Val: append(append([]types.ManagedObjectReference(nil), to.Host...), host.Self)},
	})
	b.registry.AtomicUpdate(b.ctx, host, []types.PropertyChange{{Name: "parent", Val: to.Self}})
	b.unlist(from, host.Self, "host")
	for _, ref := range append([]types.ManagedObjectReference(nil), host.Vm...) {
		b.moveVM(b.registry.Get(ref).(*simulator.VirtualMachine), host)
	}
	if alone, ok := b.registry.Get(from).(*mo.ComputeResource); ok && len(alone.Host) == 0 {
		emptied := &removal{builder: b, removed: make(map[string]int)}
		_ = emptied.removeAll(alone, []types.ManagedObjectReference{*alone.ResourcePool})
	}
}
