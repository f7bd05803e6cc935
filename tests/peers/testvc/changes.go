// Control requests that change the inventory while clients watch: updates, removals, moves, snapshots.
// Every change is announced to waiting clients; none is made except on request.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// target picks objects: by moref, by name, the first count of a type, or all of it.
type target struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Moref string `json:"moref"`
	Count int    `json:"count"`
	All   bool   `json:"all"`
}

func (c *control) changes(route func(string, func(*http.Request, []byte) (any, error))) {
	route("GET /objects", c.objects)
	route("POST /update", change(c, c.update))
	route("POST /destroy", change(c, c.destroy))
	route("POST /move", change(c, c.move))
	route("POST /identity", change(c, c.identity))
	route("POST /snapshot", change(c, c.snapshot))
	route("POST /add", change(c, c.add))
}

// change decodes the request, and refuses fields it doesn't know: a misspelt one would else do nothing.
// Changes come one at a time, because they share the inventory's builder.
func change[T any](c *control, serve func(T) (any, error)) func(*http.Request, []byte) (any, error) {
	return func(_ *http.Request, body []byte) (any, error) {
		var request T
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&request); err != nil {
			return nil, err
		}
		c.changing.Lock()
		defer c.changing.Unlock()
		return serve(request)
	}
}

// builder is the inventory's builder as a caller of its own; its counters are shared.
func (c *control) builder() *builder {
	c.vc.builder.ctx = c.vc.context()
	return c.vc.builder
}

type objectAnswer struct {
	Type   string `json:"type"`
	Moref  string `json:"moref"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

func (c *control) objects(r *http.Request, _ []byte) (any, error) {
	found := all[mo.Entity](c.vc.builder, r.URL.Query().Get("type"))
	list := make([]objectAnswer, 0, len(found))
	for _, entity := range found {
		ref := entity.Reference()
		object := objectAnswer{Type: ref.Type, Moref: ref.Value, Name: nameOf(entity)}
		if parent := entity.Entity().Parent; parent != nil {
			object.Parent = parent.Value
		}
		list = append(list, object)
	}
	return map[string]any{"count": len(list), "objects": list}, nil
}

// find returns the entities a target means. Finding none is an error: a test meant something.
func (c *control) find(t target) ([]mo.Entity, error) {
	if t.Type == "" && t.Moref == "" {
		return nil, errors.New("name a type or a moref")
	}
	var found []mo.Entity
	for _, entity := range all[mo.Entity](c.vc.builder, t.Type) {
		switch {
		case t.Moref != "" && entity.Reference().Value != t.Moref:
		case t.Name != "" && nameOf(entity) != t.Name:
		case t.Moref == "" && t.Name == "" && !t.All && len(found) >= t.Count:
		default:
			found = append(found, entity)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing matches %+v", t)
	}
	return found, nil
}

type updateRequest struct {
	target
	Set map[string]json.RawMessage `json:"set"`
}

func (c *control) update(request updateRequest) (any, error) {
	found, err := c.find(request.target)
	if err != nil {
		return nil, err
	}
	for _, entity := range found {
		changes, err := propertyChanges(entity, request.Set)
		if err != nil {
			return nil, err
		}
		c.vc.registry().AtomicUpdate(c.vc.context(), entity, changes)
	}
	return map[string]int{"updated": len(found)}, nil
}

type destroyRequest struct {
	target
	// VMs says what becomes of a removed host's machines: remove (as a vCenter does) or move.
	VMs string `json:"vms"`
}

func (c *control) destroy(request destroyRequest) (any, error) {
	found, err := c.find(request.target)
	if err != nil {
		return nil, err
	}
	if len(found) < request.Count {
		return nil, fmt.Errorf("there are only %d of %s", len(found), request.Type)
	}
	gone := &removal{
		builder: c.builder(), move: request.VMs == "move",
		doomed: make(map[types.ManagedObjectReference]bool), removed: make(map[string]int),
	}
	for _, entity := range found {
		gone.doomed[entity.Reference()] = true
	}
	for _, entity := range found {
		if err := gone.remove(entity); err != nil {
			return nil, err
		}
	}
	return map[string]any{"destroyed": gone.removed}, nil
}

type moveRequest struct {
	Moref   string `json:"moref"`
	Cluster string `json:"cluster"`
	Host    string `json:"host"`
	Folder  string `json:"folder"`
}

// move takes a host to another cluster, a machine to another host, or anything to another folder.
// Destinations are morefs or names.
func (c *control) move(request moveRequest) (any, error) {
	found, err := c.find(target{Moref: request.Moref})
	if err != nil {
		return nil, err
	}
	b := c.builder()
	for kind, destination := range map[string]string{
		"ClusterComputeResource": request.Cluster, "HostSystem": request.Host, "Folder": request.Folder,
	} {
		if destination == "" {
			continue
		}
		to, err := c.find(target{Type: kind, Moref: destination})
		if err != nil {
			if to, err = c.find(target{Type: kind, Name: destination}); err != nil {
				return nil, err
			}
		}
		switch to := to[0].(type) {
		case *simulator.ClusterComputeResource:
			host, ok := found[0].(*simulator.HostSystem)
			if !ok {
				return nil, errors.New("only a host moves to a cluster")
			}
			b.moveHost(host, to)
		case *simulator.HostSystem:
			vm, ok := found[0].(*simulator.VirtualMachine)
			if !ok {
				return nil, errors.New("only a machine moves to a host")
			}
			b.moveVM(vm, to)
		case *simulator.Folder:
			if parent := found[0].Entity().Parent; parent == nil || children(c.vc.registry().Get(*parent)) == nil {
				return nil, errors.New("this is not in a folder")
			}
			b.moveInto(to, found[0])
		}
	}
	return nil, nil
}

type identityRequest struct {
	InstanceUUID *string `json:"instance_uuid"`
	Version      *string `json:"version"`
	APIVersion   *string `json:"api_version"`
	Build        *string `json:"build"`
}

func (c *control) identity(request identityRequest) (any, error) {
	c.vc.about(func(about *types.AboutInfo) {
		for field, value := range map[*string]*string{
			&about.InstanceUuid: request.InstanceUUID, &about.Version: request.Version,
			&about.ApiVersion: request.APIVersion, &about.Build: request.Build,
		} {
			if value != nil {
				*field = *value
			}
		}
	})
	return nil, nil
}

type snapshotRequest struct {
	VM    string `json:"vm"`
	Depth int    `json:"depth"`
}

func (c *control) snapshot(request snapshotRequest) (any, error) {
	found, err := c.find(target{Type: "VirtualMachine", Name: request.VM})
	if err != nil {
		if found, err = c.find(target{Type: "VirtualMachine", Moref: request.VM}); err != nil {
			return nil, err
		}
	}
	c.builder().snapshot(found[0].(*simulator.VirtualMachine), request.Depth)
	return nil, nil
}

type addRequest struct {
	Hosts int `json:"hosts"`
	VMs   int `json:"vms"`
}

func (c *control) add(request addRequest) (any, error) {
	b := c.builder()
	if err := b.addHosts(request.Hosts); err != nil {
		return nil, err
	}
	return nil, b.addVMs(request.VMs)
}
