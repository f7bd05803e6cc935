// Names, and renaming: an entity's name is repeated in other properties of it, which all must agree.
// Names are stored the way a vCenter stores them, with /, \ and % percent-escaped.

package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// oddNames is each at most 80 characters long as a user would type it, the most a vCenter takes.
var oddNames = []string{
	"a%2fb%5cc 100%25 %252f done",
	"Zürich – 東京 ☃ \u00e9 e\u0301",
	`<b>&amp;"quoted" 'single' </b>`,
	"a+b c%2bd & e=f?g#h",
	strings.Repeat("very long ", 8),
	" leading, trailing; {brace} [LocalDS_0] ",
	"=1+1 @SUM(A1) -2",
	"שלום \u202e abc",
}

// giveOddNames renames the later objects of each kind, and leaves at least one of each as it was.
func (b *builder) giveOddNames() {
	for _, kind := range []string{
		"VirtualMachine", "HostSystem", "ClusterComputeResource", "Datastore", "Folder", "StoragePod",
		"ResourcePool", "VirtualApp", "Network", "DistributedVirtualPortgroup", "OpaqueNetwork", "Datacenter",
	} {
		entities := all[mo.Entity](b, kind)
		used := 0
		for i := len(entities) - 1; i > 0 && used < len(oddNames); i-- {
			if !renamable(b, entities[i]) {
				continue
			}
			name := oddNames[used]
			used++
			b.registry.AtomicUpdate(b.ctx, entities[i], renaming(entities[i], name))
		}
	}
}

// renamable leaves out what a vCenter gives a fixed name: root folders and root pools.
func renamable(b *builder, entity mo.Entity) bool {
	parent := entity.Entity().Parent
	if parent == nil {
		return false
	}
	switch entity.Reference().Type {
	case "Folder":
		return parent.Type == "Folder"
	case "ResourcePool":
		return parent.Type == "ResourcePool"
	}
	return true
}

// renaming lists the properties that change when an entity is renamed.
func renaming(entity mo.Entity, name string) []types.PropertyChange {
	paths := []string{"name"}
	var changes []types.PropertyChange
	switch entity := entity.(type) {
	case *simulator.VirtualMachine:
		paths = append(paths, "config.name", "summary.config.name")
	case *simulator.HostSystem:
		paths = append(paths, "summary.config.name")
	case *simulator.Datastore:
		paths = append(paths, "summary.name")
		// The simulator can't follow a path through a property of several types; it can replace it.
		entity.Info.GetDatastoreInfo().Name = name
		changes = append(changes, types.PropertyChange{Name: "info", Val: entity.Info})
	case *simulator.DistributedVirtualPortgroup:
		paths = append(paths, "config.name", "summary.name")
	case *mo.Network, *mo.OpaqueNetwork:
		paths = append(paths, "summary.name")
	}
	for _, path := range paths {
		changes = append(changes, types.PropertyChange{Name: path, Val: name})
	}
	return changes
}

// nameOf reads the name where the entity keeps it: networks have a second field that hides the first.
func nameOf(entity mo.Entity) string {
	switch entity := entity.(type) {
	case *mo.Network:
		return entity.Name
	case *mo.OpaqueNetwork:
		return entity.Network.Name
	case *simulator.DistributedVirtualPortgroup:
		return entity.DistributedVirtualPortgroup.Network.Name
	case *simulator.DistributedVirtualSwitch:
		return or(entity.DistributedVirtualSwitch.Name, entity.Entity().Name)
	}
	return entity.Entity().Name
}
