// Turns the JSON of POST /update into the Go values the simulator expects at a property path.
// It guesses nothing: a value that doesn't fit the property's type is refused.

package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// propertyChanges reads a set of paths and values for one entity. A name brings along the other
// properties that repeat it, unless they are set as well; null unsets.
func propertyChanges(entity mo.Entity, set map[string]json.RawMessage) ([]types.PropertyChange, error) {
	var changes []types.PropertyChange
	for path, raw := range set {
		kind, err := typeAt(managed(entity), path)
		if err != nil {
			return nil, err
		}
		if string(raw) == "null" {
			changes = append(changes, types.PropertyChange{Name: path})
			continue
		}
		value := reflect.New(kind)
		if err := types.NewJSONDecoder(strings.NewReader(string(raw))).Decode(value.Interface()); err != nil {
			return nil, fmt.Errorf("%s of %s takes a %s: %w", path, entity.Reference(), kind, err)
		}
		if path == "name" {
			for _, repeated := range renaming(entity, value.Elem().String()) {
				if _, given := set[repeated.Name]; !given || repeated.Name == path {
					changes = append(changes, repeated)
				}
			}
			continue
		}
		change := types.PropertyChange{Name: path, Val: value.Elem().Interface()}
		if whole, ok := setThroughInterface(managed(entity), path, value.Elem()); ok {
			change = whole
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// setThroughInterface sets a property below one that can hold several types (info, configurationEx).
// The simulator can't follow such a path, so the property is set here, and the change that is returned
// announces the whole value above it.
func setThroughInterface(value reflect.Value, path string, set reflect.Value) (types.PropertyChange, bool) {
	names := strings.Split(path, ".")
	var change types.PropertyChange
	for i, name := range names {
		if value.Kind() == reflect.Interface && change.Name == "" {
			change = types.PropertyChange{Name: strings.Join(names[:i], "."), Val: value.Interface()}
		}
		for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
			if value.IsNil() {
				return change, false
			}
			value = value.Elem()
		}
		value = value.FieldByName(exported(name))
	}
	if change.Name == "" {
		return change, false
	}
	if value.Kind() == reflect.Pointer {
		value.Set(reflect.New(value.Type().Elem()))
		value = value.Elem()
	}
	value.Set(set)
	return change, true
}

// typeAt walks a path to the type of its last property. Where a property can hold several types, the
// one it holds now decides.
func typeAt(value reflect.Value, path string) (reflect.Type, error) {
	for _, name := range strings.Split(path, ".") {
		for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
			switch {
			case !value.IsNil():
				value = value.Elem()
			case value.Kind() == reflect.Pointer:
				value = reflect.New(value.Type().Elem()).Elem()
			default:
				return nil, fmt.Errorf("%s has no value to go further from", path)
			}
		}
		if value.Kind() != reflect.Struct {
			return nil, fmt.Errorf("there is nothing below %s in %s", value.Type(), path)
		}
		field := value.FieldByName(exported(name))
		if !field.IsValid() {
			return nil, fmt.Errorf("%s has no property %s", value.Type(), name)
		}
		value = field
	}
	kind := value.Type()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind, nil
}

func exported(property string) string {
	return strings.ToUpper(property[:1]) + property[1:]
}
