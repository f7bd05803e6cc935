// Owns the simulator: its inventory, its identity and its sessions.
// It never answers a client itself; clients only reach the simulator through the front.

package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type aboutOptions struct {
	instanceUUID, version, apiVersion, build string
}

type vcenter struct {
	model   *simulator.Model
	builder *builder
	server  *simulator.Server
}

func newVcenter(o options) (*vcenter, error) {
	inventory, err := createInventory(o.inventory)
	if err != nil {
		return nil, fmt.Errorf("creating the inventory: %w", err)
	}
	model := inventory.model
	vc := &vcenter{model: model, builder: inventory.builder}
	vc.setAbout(o.about, o.inventory.model)

	model.Map().Handler = onlyWithSession
	// An exact comparison of our own also lets a user name with an @ in it log in.
	model.Map().SessionManager().ValidLogin = func(login *types.Login) bool {
		return login.UserName == o.user && login.Password == o.pass
	}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(o.user, o.pass)}
	vc.server = model.Service.NewServer()
	return vc, nil
}

func (vc *vcenter) close() {
	// The listener is not closed in an orderly way: that would wait for clients which still wait for
	// changes, and the process ends right after this.
	vc.model.Remove()
}

// inner is where the simulator itself listens.
func (vc *vcenter) inner() string { return "http://" + vc.server.URL.Host }

// context is a caller of its own, because the simulator's locks are held per context.
func (vc *vcenter) context() *simulator.Context {
	own := *vc.model.Service.Context
	return &own
}

func (vc *vcenter) registry() *simulator.Registry { return vc.model.Map() }

// about calls change with the identity that clients see, under the lock its readers take.
func (vc *vcenter) about(change func(*types.AboutInfo)) {
	instance := vc.registry().Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	vc.registry().WithLock(vc.context(), instance, func() { change(&instance.Content.About) })
}

func (vc *vcenter) setAbout(o aboutOptions, model string) {
	vc.about(func(about *types.AboutInfo) {
		about.Version, about.Build = o.version, o.build
		about.ApiVersion = o.apiVersion
		if about.ApiVersion == "" {
			about.ApiVersion = apiVersionOf(o.version)
		}
		about.Name = "VMware vCenter Server"
		if model == "esx" {
			// A host has no instance of its own, and says so by leaving the field out.
			about.Name, about.InstanceUuid = "VMware ESXi", ""
		} else if about.InstanceUuid = o.instanceUUID; about.InstanceUuid == "" {
			about.InstanceUuid = uuid.NewString()
		}
		about.FullName = fmt.Sprintf("%s %s build-%s", about.Name, o.version, o.build)
		about.LicenseProductVersion, _, _ = strings.Cut(o.version, ".")
	})
}

// sessions lists the authenticated sessions the simulator itself knows.
func (vc *vcenter) sessions() []types.UserSession {
	manager := vc.registry().SessionManager()
	view := vc.model.Service.Context.Session.Get(manager.Self).(*simulator.SessionManager)
	return view.SessionList
}

// terminateSessions ends every session the way an administrator would, and tells how many.
func (vc *vcenter) terminateSessions() int {
	ended := 0
	for _, session := range vc.sessions() {
		answer := vc.registry().SessionManager().TerminateSession(vc.context(), &types.TerminateSession{
			SessionId: []string{session.Key},
		})
		// A session that logged out meanwhile is as gone as one that was terminated.
		if answer.Fault() == nil {
			ended++
		}
	}
	return ended
}

// onlyWithSession refuses what a vCenter refuses: the simulator answers property reads without a
// session with empty objects, which would hide a client that lost its session.
func onlyWithSession(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if ctx.Session != nil || !strings.HasPrefix(method.Name, "RetrieveProperties") {
		return nil, nil
	}
	return nil, &types.NotAuthenticated{NoPermission: types.NoPermission{
		Object:      &method.This,
		PrivilegeId: "System.View",
	}}
}

// apiVersions are the versions of urn:vim25 in the order of their releases, newest first.
var apiVersions = []string{
	"9.0.0.0", "8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.1", "8.0.0.0",
	"7.0.3.2", "7.0.3.1", "7.0.3.0", "7.0.2.1", "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.0",
	"6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0", "5.5", "5.1", "5.0",
	"4.1", "4.0", "2.5u2", "2.5",
}

func apiVersionOf(product string) string {
	for _, version := range []string{product, product + ".0", strings.TrimSuffix(product, ".0")} {
		for _, known := range apiVersions {
			if version == known {
				return known
			}
		}
	}
	return product
}

// versionsDocument is what /sdk/vimServiceVersions.xml answers: the simulator would name only two
// versions before the current one.
func (vc *vcenter) versionsDocument() string {
	var current string
	vc.about(func(about *types.AboutInfo) { current = about.ApiVersion })

	var prior strings.Builder
	older := false
	for _, version := range apiVersions {
		if older {
			fmt.Fprintf(&prior, "   <version>%s</version>\n", version)
		}
		older = older || version == current
	}
	return `<?xml version="1.0" encoding="UTF-8" ?>
<!--
   The namespaces and versions this server speaks.
-->
<namespaces version="1.0">
 <namespace>
  <name>urn:vim25</name>
  <version>` + current + `</version>
  <priorVersions>
` + prior.String() + `  </priorVersions>
 </namespace>
 <namespace>
  <name>urn:vim2</name>
  <version>2.0</version>
 </namespace>
</namespaces>
`
}
