// Writes SOAP envelopes and faults the way a vCenter writes them.
// The simulator writes its own; these are only for answers that a rule invents.

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/xml"
	"net"
	"net/http"
	"strings"
)

// own makes an answer the simulator never saw.
func (x *exchange) own(status int, body string) {
	x.status, x.answer = status, []byte(body)
	x.header = http.Header{"Content-Type": {"text/xml; charset=utf-8"}}
}

// fault answers as a vCenter does: HTTP 500, and a detail whose element and xsi:type differ.
func (x *exchange) fault(name string, a faultAction) {
	kind, message, detail := name, a.Message, a.Detail
	if name == "custom" {
		kind = a.Kind
	}
	if message == "" {
		message = faultMessages[name]
	}
	if detail == "" {
		detail = x.faultDetail(name, a)
	}
	x.own(http.StatusInternalServerError, envelope(
		"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>"+escape(message)+
			"</faultstring><detail><"+kind+`Fault xmlns="urn:vim25" xsi:type="`+kind+`">`+detail+
			"</"+kind+"Fault></detail></soapenv:Fault>"))
}

var faultMessages = map[string]string{
	"NotAuthenticated":      "The session is not authenticated.",
	"NoPermission":          "Permission to perform this operation was denied.",
	"InvalidLogin":          "Cannot complete login due to an incorrect user name or password.",
	"ManagedObjectNotFound": "The object has already been deleted or has not been completely created",
}

func (x *exchange) faultDetail(name string, a faultAction) string {
	switch name {
	case "InvalidProperty":
		return "<name>" + escape(a.Name) + "</name>"
	case "ManagedObjectNotFound":
		return reference("obj", a.Object)
	case "NotAuthenticated":
		return reference("object", or(a.Object, "Folder:group-d1")) + "<privilegeId>System.View</privilegeId>"
	case "NoPermission":
		return reference("object", or(a.Object, "Folder:group-d1")) + "<privilegeId>" + escape(or(a.Name, "System.Read")) + "</privilegeId>"
	}
	return ""
}

// reference writes "HostSystem:host-12" as an element.
func reference(element, object string) string {
	kind, moref, _ := strings.Cut(object, ":")
	return "<" + element + ` type="` + escape(kind) + `">` + escape(moref) + "</" + element + ">"
}

func envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"
 xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body>
` + body + `
</soapenv:Body>
</soapenv:Envelope>`
}

func escape(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text))
	return out.String()
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// reset makes the client see a connection reset instead of an orderly end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
