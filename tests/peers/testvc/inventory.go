// Builds the inventory: the simulator's own model first, then cheap copies of what it made.
// It decides how much there is; what the objects say beyond the simulator's defaults is in rich.go.

package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type inventoryOptions struct {
	model                                            string
	datacenters, clusters, hostsPerCluster           int
	standaloneHosts, vms, datastores, folders, pools int
	apps, pods, portgroups, opaque                   int
	extraHosts, extraVMs                             int
	rich, oddNames                                   bool

	user, pass string
}

func createInventory(o inventoryOptions) (*inventory, error) {
	model := simulator.VPX()
	if o.model == "esx" {
		model = simulator.ESX()
	} else {
		model.Datacenter, model.Cluster, model.ClusterHost = o.datacenters, o.clusters, o.hostsPerCluster
		model.Host, model.Folder, model.Pool, model.App = o.standaloneHosts, o.folders, o.pools, o.apps
		model.Pod, model.Portgroup, model.OpaqueNetwork = o.pods, o.portgroups, o.opaque
	}
	model.Machine, model.Datastore = o.vms, o.datastores
	if err := model.Create(); err != nil {
		return nil, err
	}

	ctx := *model.Service.Context
	b := &builder{ctx: &ctx, registry: model.Map(), rich: o.rich && o.model == "vpx"}
	if b.rich {
		if err := b.enrich(); err != nil {
			return nil, err
		}
	}
	if err := b.addHosts(o.extraHosts); err != nil {
		return nil, err
	}
	if err := b.addVMs(o.extraVMs); err != nil {
		return nil, err
	}
	if o.oddNames {
		b.giveOddNames()
	}
	return &inventory{model: model, builder: b}, nil
}

// inventory is the simulator's model, and the builder that can add to it later.
type inventory struct {
	model   *simulator.Model
	builder *builder
}

// builder changes the inventory in bulk. It is used before the first client can come, and by the
// control port for additions, where the registry announces each new object by itself.
type builder struct {
	ctx      *simulator.Context
	registry *simulator.Registry
	rich     bool
	// How many hosts and machines there are so far: names and made-up values go by these numbers.
	hosts, vms int
	// Folders that machines are spread over; without any they go where the first machine is.
	vmFolders []*simulator.Folder
}

// all returns the objects of a type in the order they were made: the registry's own order changes
// with every run, and tests want the same host to be the disconnected one.
func all[T mo.Entity](b *builder, kind string) []T {
	var found []T
	for _, entity := range b.registry.All(kind) {
		if object, ok := entity.(T); ok {
			found = append(found, object)
		}
	}
	sort.Slice(found, func(i, j int) bool {
		return madeBefore(found[i].Reference().Value, found[j].Reference().Value)
	})
	return found
}

func madeBefore(a, b string) bool { return morefNumber(a) < morefNumber(b) }

func morefNumber(moref string) int {
	digits := strings.LastIndexFunc(moref, func(r rune) bool { return r < '0' || r > '9' })
	number, err := strconv.Atoi(moref[digits+1:])
	if err != nil {
		return 0
	}
	return number
}

// addHosts copies the first clustered host. Making one properly costs the simulator milliseconds of
// XML; a copy with its own identity and its own runtime, hardware and configuration costs none. What
// stays shared are the host's managers (network system and so on), which only methods would reach.
func (b *builder) addHosts(count int) error {
	if count == 0 {
		return nil
	}
	clusters := all[*simulator.ClusterComputeResource](b, "ClusterComputeResource")
	source, err := b.sourceHost(clusters)
	if err != nil {
		return err
	}
	var mounts []types.DatastoreHostMount
	for i := range count {
		cluster := clusters[i%len(clusters)]
		host := copyHost(source, fmt.Sprintf("%s_X%d", cluster.Name, b.hosts))
		b.registry.NewEntity(host)
		host.Summary.Host, host.Config.Host = &host.Self, host.Self
		// The cluster must list the host before the registry announces it, or no view would find it.
		b.registry.AppendReference(b.ctx, cluster, &cluster.Host, host.Self)
		if b.rich {
			b.enrichHost(host, b.hosts)
		}
		b.hosts++
		b.registry.PutEntity(cluster, host)
		countHost(cluster, host)
		mounts = append(mounts, types.DatastoreHostMount{
			Key: host.Self,
			MountInfo: types.HostMountInfo{
				AccessMode: string(types.HostMountModeReadWrite),
				Mounted:    types.NewBool(true),
				Accessible: types.NewBool(true),
			},
		})
	}
	for _, ref := range source.Datastore {
		datastore := b.registry.Get(ref).(*simulator.Datastore)
		datastore.Host = append(datastore.Host, mounts...)
	}
	return nil
}

func (b *builder) sourceHost(clusters []*simulator.ClusterComputeResource) (*simulator.HostSystem, error) {
	for _, cluster := range clusters {
		for _, ref := range cluster.Host {
			host := b.registry.Get(ref).(*simulator.HostSystem)
			if host.Config != nil {
				return host, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no connected host in a cluster to copy")
}

func copyHost(source *simulator.HostSystem, name string) *simulator.HostSystem {
	host := *source
	host.Vm, host.Name = nil, name
	host.Datastore = append([]types.ManagedObjectReference(nil), source.Datastore...)
	host.Network = append([]types.ManagedObjectReference(nil), source.Network...)
	id := uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)).String()

	summary := *source.Summary.Hardware
	summary.Uuid = id
	host.Summary.Hardware = &summary
	hardware := *source.Hardware
	hardware.SystemInfo.Uuid = id
	host.Hardware = &hardware
	config := *source.Config
	host.Config = &config

	host.Summary.Config.Name = name
	host.Runtime = source.Runtime
	host.Runtime.InMaintenanceMode = false
	host.Summary.Runtime = &host.Runtime
	return &host
}

func countHost(cluster *simulator.ClusterComputeResource, host *simulator.HostSystem) {
	s := cluster.Summary.GetComputeResourceSummary()
	s.NumHosts++
	s.NumEffectiveHosts++
	s.TotalCpu += host.Summary.Hardware.CpuMhz * int32(host.Summary.Hardware.NumCpuCores)
	s.TotalMemory += host.Summary.Hardware.MemorySize
	s.NumCpuCores += host.Summary.Hardware.NumCpuCores
	s.NumCpuThreads += host.Summary.Hardware.NumCpuThreads
}

// addVMs copies the first machine onto all hosts in turn. Its files on the datastore stay the
// source's, so a copy can be read, updated and destroyed, but not cloned.
func (b *builder) addVMs(count int) error {
	if count == 0 {
		return nil
	}
	source, err := b.sourceVM()
	if err != nil {
		return err
	}
	hosts := all[*simulator.HostSystem](b, "HostSystem")
	folders := b.vmFolders
	if len(folders) == 0 {
		folders = []*simulator.Folder{b.registry.Get(*source.Parent).(*simulator.Folder)}
	}
	for i := range count {
		host, folder := hosts[i%len(hosts)], folders[i%len(folders)]
		vm := copyVM(source, fmt.Sprintf("%s_X%d", source.Name, b.vms))
		b.registry.NewEntity(vm)
		vm.Summary.Vm = &vm.Self
		b.placeVM(vm, host)
		if b.rich {
			b.enrichVM(vm, b.vms)
		}
		b.vms++
		b.registry.AppendReference(b.ctx, folder, &folder.ChildEntity, vm.Self)
		b.registry.PutEntity(folder, vm)
		for _, ref := range vm.Datastore {
			datastore := b.registry.Get(ref).(*simulator.Datastore)
			b.registry.AppendReference(b.ctx, datastore, &datastore.Vm, vm.Self)
		}
	}
	return nil
}

func (b *builder) sourceVM() (*simulator.VirtualMachine, error) {
	for _, vm := range all[*simulator.VirtualMachine](b, "VirtualMachine") {
		if !vm.Config.Template && vm.Snapshot == nil && vm.ParentVApp == nil && vm.ResourcePool != nil {
			return vm, nil
		}
	}
	return nil, fmt.Errorf("there is no virtual machine to copy; use --vms 1 or more")
}

// placeVM puts a machine on a host and into the root pool of that host's cluster.
func (b *builder) placeVM(vm *simulator.VirtualMachine, host *simulator.HostSystem) {
	vm.Runtime.Host, vm.Summary.Runtime.Host = &host.Self, &host.Self
	b.registry.AppendReference(b.ctx, host, &host.Vm, vm.Self)
	if pool := b.rootPool(host); pool != nil {
		vm.ResourcePool = &pool.Self
		b.registry.AppendReference(b.ctx, pool, &pool.Vm, vm.Self)
	}
}

func (b *builder) rootPool(host *simulator.HostSystem) *simulator.ResourcePool {
	var ref *types.ManagedObjectReference
	switch parent := b.registry.Get(*host.Parent).(type) {
	case *simulator.ClusterComputeResource:
		ref = parent.ResourcePool
	case *mo.ComputeResource:
		ref = parent.ResourcePool
	}
	if ref == nil {
		return nil
	}
	pool, _ := b.registry.Get(*ref).(*simulator.ResourcePool)
	return pool
}

func copyVM(source *simulator.VirtualMachine, name string) *simulator.VirtualMachine {
	vm := *source
	config := *source.Config
	vm.Config = &config
	vm.Name, config.Name, vm.Summary.Config.Name = name, name, name
	config.Uuid = uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)).String()
	config.InstanceUuid = uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String()
	vm.Summary.Config.Uuid, vm.Summary.Config.InstanceUuid = config.Uuid, config.InstanceUuid
	config.Files.VmPathName = strings.ReplaceAll(source.Config.Files.VmPathName, source.Name, name)
	vm.Summary.Config.VmPathName = config.Files.VmPathName
	config.Hardware.Device = copyDevices(source.Config.Hardware.Device, name)
	if source.Guest != nil {
		guest := *source.Guest
		vm.Guest = &guest
	}
	if source.Summary.Guest != nil {
		guest := *source.Summary.Guest
		vm.Summary.Guest = &guest
	}
	if source.Summary.Storage != nil {
		storage := *source.Summary.Storage
		vm.Summary.Storage = &storage
	}
	vm.Datastore = append([]types.ManagedObjectReference(nil), source.Datastore...)
	vm.Network = append([]types.ManagedObjectReference(nil), source.Network...)
	return &vm
}

// copyDevices gives each copy network cards of its own, as two machines never share an address.
func copyDevices(devices []types.BaseVirtualDevice, name string) []types.BaseVirtualDevice {
	copied := append([]types.BaseVirtualDevice(nil), devices...)
	for i, device := range copied {
		if card, ok := device.(*types.VirtualE1000); ok {
			own := *card
			id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(name))
			own.MacAddress = fmt.Sprintf("00:50:56:%02x:%02x:%02x", id[0]&0x3f, id[1], id[2])
			copied[i] = &own
		}
	}
	return copied
}
