// Fills in what the simulator leaves empty, with made-up values that depend only on an object's
// number, so that two runs with the same flags show the same data.
// It changes properties only; objects are made in inventory.go and structure.go.

package main

import (
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// born is a fixed day, as values that move with the clock can't be compared between runs.
var born = time.Date(2024, time.March, 5, 9, 30, 0, 0, time.UTC)

func (b *builder) enrich() error {
	if err := b.buildStructure(); err != nil {
		return err
	}
	for _, host := range all[*simulator.HostSystem](b, "HostSystem") {
		b.enrichHost(host, b.hosts)
		b.hosts++
	}
	for _, vm := range all[*simulator.VirtualMachine](b, "VirtualMachine") {
		b.enrichVM(vm, b.vms)
		b.vms++
	}
	for n, cluster := range all[*simulator.ClusterComputeResource](b, "ClusterComputeResource") {
		config := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
		config.DasConfig.Enabled = types.NewBool(n%2 == 0)
		config.DrsConfig.DefaultVmBehavior = types.DrsBehaviorFullyAutomated
	}
	for n, datastore := range all[*simulator.Datastore](b, "Datastore") {
		enrichDatastore(datastore, n)
	}
	for _, pod := range all[*simulator.StoragePod](b, "StoragePod") {
		pod.Summary = &types.StoragePodSummary{Name: pod.Name}
		for _, ref := range pod.ChildEntity {
			datastore := b.registry.Get(ref).(*simulator.Datastore)
			pod.Summary.Capacity += datastore.Summary.Capacity
			pod.Summary.FreeSpace += datastore.Summary.FreeSpace
		}
	}
	for n, portgroup := range all[*simulator.DistributedVirtualPortgroup](b, "DistributedVirtualPortgroup") {
		portgroup.Config.DefaultPortConfig = &types.VMwareDVSPortSetting{
			Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: int32(100 + n)},
		}
	}
	return nil
}

func enrichDatastore(datastore *simulator.Datastore, n int) {
	const terabyte = 1 << 40
	summary := &datastore.Summary
	summary.Type, summary.Capacity = "VMFS", int64(n+2)*terabyte
	summary.FreeSpace = summary.Capacity / int64(n+3)
	summary.Uncommitted = summary.Capacity / 4
	summary.MultipleHostAccess = types.NewBool(true)
	datastore.Capability.DirectoryHierarchySupported = true
	info := datastore.Info.GetDatastoreInfo()
	info.FreeSpace, info.Timestamp = summary.FreeSpace, types.NewTime(born)
	datastore.Info = &types.VmfsDatastoreInfo{DatastoreInfo: *info, Vmfs: &types.HostVmfsVolume{
		HostFileSystemVolume: types.HostFileSystemVolume{Type: "VMFS", Name: datastore.Name, Capacity: summary.Capacity},
		BlockSizeMb:          1,
		MajorVersion:         6,
		Version:              "6.82",
		Uuid:                 fmt.Sprintf("65e6d1f8-%08x-90e2-0050568%05x", n, n),
		Extent:               []types.HostScsiDiskPartition{{DiskName: fmt.Sprintf("naa.60000970000%020x", n), Partition: 1}},
		VmfsUpgradable:       false,
	}}
}

// enrichHost gives a host hardware, identifiers and addresses of its own. One in ten is in
// maintenance; the third is disconnected, and so has no config any more.
func (b *builder) enrichHost(host *simulator.HostSystem, n int) {
	vendor, model := "Dell Inc.", "PowerEdge R760"
	if n%3 == 1 {
		vendor, model = "HPE", "ProLiant DL380 Gen11"
	}
	info := hostIdentifiers(n)
	hardware := host.Summary.Hardware
	hardware.Vendor, hardware.Model, hardware.OtherIdentifyingInfo = vendor, model, info
	hardware.NumNics, hardware.NumCpuPkgs, hardware.NumCpuCores, hardware.NumCpuThreads = 4, 2, 64, 128
	hardware.CpuModel, hardware.CpuMhz = "Intel(R) Xeon(R) Gold 6430", 2100
	hardware.MemorySize = 512 << 30
	system := &host.Hardware.SystemInfo
	system.Vendor, system.Model, system.OtherIdentifyingInfo = vendor, model, info
	system.SerialNumber = fmt.Sprintf("SN%06d", n)
	host.Hardware.MemorySize = hardware.MemorySize
	host.Hardware.BiosInfo = &types.HostBIOSInfo{
		BiosVersion: fmt.Sprintf("2.%d.1", n%5), ReleaseDate: types.NewTime(born), Vendor: vendor,
	}

	if product := host.Summary.Config.Product; product != nil {
		own := *product
		own.Version, own.Build = "8.0.3", "24022510"
		if n%4 == 3 {
			own.Version, own.Build = "7.0.3", "23794027"
		}
		own.FullName = "VMware ESXi " + own.Version + " build-" + own.Build
		own.ApiVersion = own.Version + ".0"
		host.Summary.Config.Product = &own
	}
	address := fmt.Sprintf("10.10.%d.%d", n/250, n%250+1)
	b.enrichHostConfig(host, n, address)

	host.Runtime.ConnectionState = types.HostSystemConnectionStateConnected
	host.Runtime.PowerState = types.HostSystemPowerStatePoweredOn
	host.Runtime.InMaintenanceMode = n%10 == 1
	host.Runtime.BootTime = types.NewTime(born.Add(time.Duration(n) * time.Hour))
	host.Summary.ManagementServerIp = "192.0.2.10"
	host.Summary.QuickStats = types.HostListSummaryQuickStats{
		OverallCpuUsage: int32(1000 + n%900), OverallMemoryUsage: int32(65536 + n), Uptime: int32(86400 + n),
	}
	if n == 2 {
		host.Runtime.ConnectionState = types.HostSystemConnectionStateDisconnected
		host.Runtime.PowerState = types.HostSystemPowerStateUnknown
		host.Config = nil
	}
}

func hostIdentifiers(n int) []types.HostSystemIdentificationInfo {
	info := []types.HostSystemIdentificationInfo{
		identifier("AssetTag", "Asset Tag", " No Asset Tag"),
		identifier("OemSpecificString", "OEM specific string", "Dell System"),
	}
	// One in seven tells no serial number, as some blades do.
	if n%7 != 6 {
		info = append(info, identifier("SerialNumberTag", "Serial Number Tag", fmt.Sprintf("SN%06d", n)))
	}
	if n%2 == 0 {
		info = append(info, identifier("EnclosureSerialNumberTag", "Enclosure serial number tag", fmt.Sprintf("ENC%04d", n/8)))
	}
	if n%3 == 0 {
		info = append(info, identifier("ServiceTag", "Service tag", fmt.Sprintf("ST%05d", n)))
	}
	return info
}

func identifier(key, label, value string) types.HostSystemIdentificationInfo {
	return types.HostSystemIdentificationInfo{IdentifierValue: value, IdentifierType: &types.ElementDescription{
		Description: types.Description{Label: label, Summary: label + " of the system"},
		Key:         key,
	}}
}

// enrichHostConfig replaces the slices it changes: copies of one host share what they don't replace.
func (b *builder) enrichHostConfig(host *simulator.HostSystem, n int, address string) {
	if host.Config == nil || host.Config.Network == nil {
		return
	}
	network := *host.Config.Network
	template := types.PhysicalNic{Driver: "nmlx5_core"}
	if len(network.Pnic) > 0 {
		template = network.Pnic[0]
	}
	network.Pnic = nil
	for port := range 4 {
		nic := template
		nic.Device = fmt.Sprintf("vmnic%d", port)
		nic.Key = "key-vim.host.PhysicalNic-" + nic.Device
		nic.Pci = fmt.Sprintf("0000:%02x:00.0", port+4)
		nic.Mac = fmt.Sprintf("3c:ec:ef:%02x:%02x:%02x", n>>8&0xff, n&0xff, port)
		nic.LinkSpeed = &types.PhysicalNicLinkInfo{SpeedMb: 25000, Duplex: true}
		if port == 3 {
			// A cable that isn't plugged in has no link speed.
			nic.LinkSpeed = nil
		}
		network.Pnic = append(network.Pnic, nic)
	}
	network.Vnic = readdressed(network.Vnic, address)
	host.Config.Network = &network

	if managed := host.Config.VirtualNicManagerInfo; managed != nil {
		own := *managed
		own.NetConfig = append([]types.VirtualNicManagerNetConfig(nil), managed.NetConfig...)
		for i := range own.NetConfig {
			own.NetConfig[i].CandidateVnic = readdressed(own.NetConfig[i].CandidateVnic, address)
		}
		host.Config.VirtualNicManagerInfo = &own
	}
	if host.Summary.Config.Product != nil {
		host.Config.Product = *host.Summary.Config.Product
	}
}

func readdressed(vnics []types.HostVirtualNic, address string) []types.HostVirtualNic {
	own := append([]types.HostVirtualNic(nil), vnics...)
	for i := range own {
		if own[i].Device == "vmk0" || len(own) == 1 {
			own[i].Spec.Ip = &types.HostIpConfig{Dhcp: false, IpAddress: address, SubnetMask: "255.255.0.0"}
		}
	}
	return own
}

// enrichVM gives a machine a guest, notes and a state. One in five is off, one in twenty a template.
func (b *builder) enrichVM(vm *simulator.VirtualMachine, n int) {
	template := n%20 == 19 && vm.ParentVApp == nil
	on := n%5 != 4 && !template
	vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
	vm.Runtime.BootTime = nil
	if on {
		vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOn
		vm.Runtime.BootTime = types.NewTime(born.Add(time.Duration(n) * time.Minute))
	}
	if n%50 == 7 {
		vm.Runtime.PowerState, on = types.VirtualMachinePowerStateSuspended, false
	}
	vm.Runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
	if host := b.registry.Get(*vm.Runtime.Host).(*simulator.HostSystem); host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		vm.Runtime.ConnectionState = types.VirtualMachineConnectionStateDisconnected
	} else {
		vm.Runtime.ConnectionState = types.VirtualMachineConnectionStateConnected
	}

	vm.Config.CreateDate = types.NewTime(born.Add(time.Duration(n) * time.Hour))
	vm.Config.Annotation = ""
	if n%3 == 0 {
		vm.Config.Annotation = fmt.Sprintf("Owner: team %d\nTicket <b>#%d</b> & \"quoted\" 100%%\n\n\tZweite Zeile – Überprüfung ✓", n%11, n)
	}
	vm.Summary.Config.Annotation = vm.Config.Annotation
	vm.Config.GuestId, vm.Config.GuestFullName = "ubuntu64Guest", "Ubuntu Linux (64-bit)"
	if n%4 == 1 {
		vm.Config.GuestId, vm.Config.GuestFullName = "windows2022srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)"
	}
	vm.Config.Hardware.NumCPU, vm.Config.Hardware.MemoryMB = int32(2<<(n%3)), int32(4096<<(n%3))
	vm.Summary.Config.NumCpu, vm.Summary.Config.MemorySizeMB = vm.Config.Hardware.NumCPU, vm.Config.Hardware.MemoryMB
	vm.Summary.Config.GuestId, vm.Summary.Config.GuestFullName = vm.Config.GuestId, vm.Config.GuestFullName
	vm.Summary.Storage = &types.VirtualMachineStorageSummary{
		Committed: int64(n%40+1) << 30, Uncommitted: int64(n%10) << 30, Unshared: int64(n%40+1) << 30, Timestamp: born,
	}
	b.enrichGuest(vm, n, on)
	vm.Config.Template, vm.Summary.Config.Template = template, template
	if template {
		b.leavePool(vm)
	} else if n%9 == 3 {
		b.snapshot(vm, 1+n/9%4)
	}
	vm.Summary.Runtime = vm.Runtime
}

func (b *builder) enrichGuest(vm *simulator.VirtualMachine, n int, on bool) {
	guest := &types.GuestInfo{
		ToolsStatus:        types.VirtualMachineToolsStatusToolsNotRunning,
		ToolsVersionStatus: "guestToolsCurrent", ToolsVersionStatus2: "guestToolsCurrent",
		ToolsRunningStatus: "guestToolsNotRunning",
		ToolsVersion:       "12389",
		GuestState:         "notRunning",
	}
	vm.GuestHeartbeatStatus = types.ManagedEntityStatusGray
	if on {
		guest.ToolsStatus, guest.ToolsRunningStatus = types.VirtualMachineToolsStatusToolsOk, "guestToolsRunning"
		guest.GuestState, guest.GuestId, guest.GuestFullName = "running", vm.Config.GuestId, vm.Config.GuestFullName
		guest.GuestFamily = "linuxGuest"
		guest.HostName = fmt.Sprintf("vm%05d.corp.example", n)
		guest.IpAddress = fmt.Sprintf("10.20.%d.%d", n/250, n%250+1)
		for _, device := range vm.Config.Hardware.Device {
			card, ok := device.(types.BaseVirtualEthernetCard)
			if !ok {
				continue
			}
			base := card.GetVirtualEthernetCard()
			guest.Net = append(guest.Net, types.GuestNicInfo{
				Network:        b.networkName(vm),
				IpAddress:      []string{guest.IpAddress, linkLocal(base.MacAddress)},
				MacAddress:     base.MacAddress,
				Connected:      true,
				DeviceConfigId: base.Key,
			})
		}
		guest.Disk = []types.GuestDiskInfo{{DiskPath: "/", Capacity: 40 << 30, FreeSpace: int64(n%30) << 30}}
		vm.GuestHeartbeatStatus = types.ManagedEntityStatusGreen
	}
	vm.Guest = guest
	vm.Summary.Guest = &types.VirtualMachineGuestSummary{
		GuestId: guest.GuestId, GuestFullName: guest.GuestFullName, ToolsStatus: guest.ToolsStatus,
		ToolsVersionStatus2: guest.ToolsVersionStatus2, ToolsRunningStatus: guest.ToolsRunningStatus,
		HostName: guest.HostName, IpAddress: guest.IpAddress,
	}
	vm.Summary.QuickStats.GuestHeartbeatStatus = vm.GuestHeartbeatStatus
}

// linkLocal is the IPv6 address a guest gives itself from its card's address.
func linkLocal(mac string) string {
	return "fe80::250:56ff:fe" + mac[9:11] + ":" + mac[12:14] + mac[15:17]
}
