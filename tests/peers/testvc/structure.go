// Builds the structure a grown vCenter has: folders in folders, a vApp, a datastore cluster, nested
// snapshots. It makes objects through the simulator wherever that has a method for it.

package main

import (
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *builder) buildStructure() error {
	for _, datacenter := range all[*simulator.Datacenter](b, "Datacenter") {
		if err := b.buildFolders(datacenter); err != nil {
			return err
		}
		if err := b.buildPod(datacenter); err != nil {
			return err
		}
	}
	return b.buildApp()
}

// buildFolders makes /vm/Teams/Platform/Linux/Web and siblings, and spreads the machines over them.
func (b *builder) buildFolders(datacenter *simulator.Datacenter) error {
	root := b.registry.Get(datacenter.VmFolder).(*simulator.Folder)
	folders := []*simulator.Folder{root}
	for _, path := range [][]string{{"Teams", "Platform", "Linux", "Web"}, {"Teams", "Platform", "Windows"}, {"Archive"}} {
		folder := root
		for _, name := range path {
			child, err := b.folder(folder, name)
			if err != nil {
				return err
			}
			folder = child
		}
		folders = append(folders, folder)
	}
	// Empty levels below hosts and networks too, as a tree has to cope with folders of each kind.
	for _, ref := range []types.ManagedObjectReference{datacenter.NetworkFolder, datacenter.HostFolder} {
		if _, err := b.folder(b.registry.Get(ref).(*simulator.Folder), "Empty"); err != nil {
			return err
		}
	}
	var machines []*simulator.VirtualMachine
	for _, vm := range all[*simulator.VirtualMachine](b, "VirtualMachine") {
		if b.datacenterOf(vm) == datacenter.Self {
			machines = append(machines, vm)
		}
	}
	for n, vm := range machines {
		b.moveInto(folders[n%len(folders)], vm)
	}
	b.vmFolders = append(b.vmFolders, folders...)
	return nil
}

func (b *builder) folder(parent *simulator.Folder, name string) (*simulator.Folder, error) {
	for _, ref := range parent.ChildEntity {
		if child, ok := b.registry.Get(ref).(*simulator.Folder); ok && child.Name == name {
			return child, nil
		}
	}
	answer := parent.CreateFolder(b.ctx, &types.CreateFolder{This: parent.Self, Name: name})
	if err := failure(answer); err != nil {
		return nil, err
	}
	return b.registry.Get(answer.(*methods.CreateFolderBody).Res.Returnval).(*simulator.Folder), nil
}

// moveInto takes an entity out of the folder or pod it is in, and puts it into another.
func (b *builder) moveInto(parent mo.Entity, child mo.Entity) {
	if from := children(b.registry.Get(*child.Entity().Parent)); from != nil {
		b.registry.RemoveReference(b.ctx, child.Entity().Parent, from, child.Reference())
	}
	b.registry.AppendReference(b.ctx, parent, children(parent), child.Reference())
	ref := parent.Reference()
	b.registry.AtomicUpdate(b.ctx, child, []types.PropertyChange{{Name: "parent", Val: ref}})
}

func children(parent mo.Reference) *[]types.ManagedObjectReference {
	switch parent := parent.(type) {
	case *simulator.Folder:
		return &parent.ChildEntity
	case *simulator.StoragePod:
		return &parent.ChildEntity
	}
	return nil
}

// buildPod puts the second datastore into a datastore cluster; with only one there is none to spare.
func (b *builder) buildPod(datacenter *simulator.Datacenter) error {
	root := b.registry.Get(datacenter.DatastoreFolder).(*simulator.Folder)
	var pod *simulator.StoragePod
	var datastores []*simulator.Datastore
	for _, datastore := range all[*simulator.Datastore](b, "Datastore") {
		if b.datacenterOf(datastore) == datacenter.Self {
			datastores = append(datastores, datastore)
		}
	}
	for _, existing := range all[*simulator.StoragePod](b, "StoragePod") {
		if pod == nil && b.datacenterOf(existing) == datacenter.Self {
			pod = existing
		}
	}
	if len(datastores) < 2 {
		return nil
	}
	if pod == nil {
		answer := root.CreateStoragePod(b.ctx, &types.CreateStoragePod{This: root.Self, Name: datacenter.Name + "_POD"})
		if err := failure(answer); err != nil {
			return err
		}
		pod = b.registry.Get(answer.(*methods.CreateStoragePodBody).Res.Returnval).(*simulator.StoragePod)
	}
	b.moveInto(pod, datastores[1])
	return nil
}

// buildApp puts the last machine of the first cluster into a vApp, unless the model made vApps.
func (b *builder) buildApp() error {
	clusters := all[*simulator.ClusterComputeResource](b, "ClusterComputeResource")
	if len(clusters) == 0 || len(b.registry.All("VirtualApp")) > 0 {
		return nil
	}
	pool := b.registry.Get(*clusters[0].ResourcePool).(*simulator.ResourcePool)
	datacenter := b.registry.Get(b.datacenterOf(clusters[0])).(*simulator.Datacenter)
	answer := pool.CreateVApp(b.ctx, &types.CreateVApp{
		This:       pool.Self,
		Name:       clusters[0].Name + "_APP",
		ResSpec:    types.DefaultResourceConfigSpec(),
		ConfigSpec: simulator.NewVAppConfigSpec(),
		VmFolder:   &datacenter.VmFolder,
	})
	if err := failure(answer); err != nil {
		return err
	}
	app := b.registry.Get(answer.(*methods.CreateVAppBody).Res.Returnval).(*simulator.VirtualApp)
	if len(pool.Vm) == 0 {
		return nil
	}
	vm := b.registry.Get(pool.Vm[len(pool.Vm)-1]).(*simulator.VirtualMachine)
	b.leavePool(vm)
	b.registry.AppendReference(b.ctx, app, &app.Vm, vm.Self)
	// In a vApp a machine has no parent folder any more; clients are to use parentVApp instead.
	b.unlist(*vm.Parent, vm.Self, "childEntity")
	vm.ResourcePool, vm.ParentVApp, vm.Parent = &app.Self, &app.Self, nil
	return nil
}

func (b *builder) datacenterOf(entity mo.Entity) types.ManagedObjectReference {
	for entity.Reference().Type != "Datacenter" {
		entity = b.registry.Get(*entity.Entity().Parent).(mo.Entity)
	}
	return entity.Reference()
}

// leavePool is what becoming a template does: a template belongs to a host, but to no pool.
func (b *builder) leavePool(vm *simulator.VirtualMachine) {
	if vm.ResourcePool == nil {
		return
	}
	switch pool := b.registry.Get(*vm.ResourcePool).(type) {
	case *simulator.ResourcePool:
		b.registry.RemoveReference(b.ctx, pool, &pool.Vm, vm.Self)
	case *simulator.VirtualApp:
		b.registry.RemoveReference(b.ctx, pool, &pool.Vm, vm.Self)
	}
	vm.ResourcePool = nil
}

// snapshot replaces a machine's snapshots by a chain of the given depth, whose first has a sibling
// when the chain is longer than one, and announces that. Depth 0 leaves none.
func (b *builder) snapshot(vm *simulator.VirtualMachine, depth int) {
	if depth <= 0 {
		b.registry.AtomicUpdate(b.ctx, vm, []types.PropertyChange{{Name: "snapshot"}, {Name: "rootSnapshot"}})
		return
	}
	id := int32(0)
	var chain func(level int) []types.VirtualMachineSnapshotTree
	var current types.ManagedObjectReference
	one := func(name, description string, level int) types.VirtualMachineSnapshotTree {
		object := &simulator.VirtualMachineSnapshot{}
		object.Vm, object.Config = vm.Self, *vm.Config
		ref := b.registry.Put(object).Reference()
		id++
		return types.VirtualMachineSnapshotTree{
			Snapshot: ref, Vm: vm.Self, Name: name, Description: description, Id: id,
			CreateTime: born.Add(time.Duration(level) * 24 * time.Hour), State: vm.Runtime.PowerState,
			ReplaySupported: types.NewBool(false),
		}
	}
	chain = func(level int) []types.VirtualMachineSnapshotTree {
		if level > depth {
			return nil
		}
		node := one(fmt.Sprintf("level %d", level), fmt.Sprintf("Taken before step %d\n<by> \"backup\" & co", level), level)
		current = node.Snapshot
		node.ChildSnapshotList = chain(level + 1)
		return []types.VirtualMachineSnapshotTree{node}
	}
	roots := chain(1)
	if depth > 1 {
		roots = append(roots, one("sibling", "", 1))
	}
	var rootRefs []types.ManagedObjectReference
	for _, root := range roots {
		rootRefs = append(rootRefs, root.Snapshot)
	}
	b.registry.AtomicUpdate(b.ctx, vm, []types.PropertyChange{
		{Name: "snapshot", Val: types.VirtualMachineSnapshotInfo{CurrentSnapshot: &current, RootSnapshotList: roots}},
		{Name: "rootSnapshot", Val: rootRefs},
	})
}

func (b *builder) networkName(vm *simulator.VirtualMachine) string {
	for _, ref := range vm.Network {
		if network, ok := b.registry.Get(ref).(mo.Entity); ok {
			return nameOf(network)
		}
	}
	return ""
}

func failure(answer soap.HasFault) error {
	if fault := answer.Fault(); fault != nil {
		return fmt.Errorf("the simulator refused: %s %T", fault.String, fault.VimFault())
	}
	return nil
}
