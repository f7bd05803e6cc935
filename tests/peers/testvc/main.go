// Command testvc is the test vCenter: VMware's own simulator behind a TLS proxy that can count and
// misbehave, steered over a plain control port.
//
// It listens on 127.0.0.1 only, keeps nothing on disk but certificates and the simulator's scratch
// folder, and ends with the process that started it. It refuses to invent SOAP answers of its own
// except where a rule asked for one, or where the simulator is known to be laxer than a vCenter.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// options is everything the command line decides.
type options struct {
	inventory inventoryOptions
	about     aboutOptions
	leaf      leafOptions

	user, pass  string
	certDir     string
	port        int
	readyFile   string
	gzip        bool
	verbose     bool
	ignoreStdin bool
}

// ready is the line that tells a test where everything is.
type ready struct {
	Address string `json:"address"`
	Control string `json:"control"`
	CA      string `json:"ca"`
	Leaf    string `json:"leaf"`
	SHA256  string `json:"sha256"`
	User    string `json:"user"`
	Pass    string `json:"pass"`
}

func main() {
	options, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err == nil {
		err = run(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testvc:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	// The simulator logs every unknown object; a test that provokes them would drown in it.
	if !o.verbose {
		log.SetOutput(io.Discard)
	}
	stop := untilToldToStop(o.ignoreStdin)

	vc, err := newVcenter(o)
	if err != nil {
		return err
	}
	defer vc.close()

	certificates, err := newCertificates(o.certDir, o.leaf)
	if err != nil {
		return err
	}
	defer certificates.close()

	front := newFront(vc, certificates, o.gzip)
	if err := front.listen(o.port); err != nil {
		return err
	}
	defer front.stop()

	control, err := startControl(vc, front, certificates)
	if err != nil {
		return err
	}

	line, err := json.Marshal(ready{
		Address: front.address(),
		Control: "http://" + control,
		CA:      certificates.caFile(),
		Leaf:    certificates.leafFile(),
		SHA256:  certificates.fingerprint(),
		User:    o.user,
		Pass:    o.pass,
	})
	if err != nil {
		return err
	}
	if o.readyFile != "" {
		if err := writeWhole(o.readyFile, line); err != nil {
			return err
		}
	}
	fmt.Println(string(line))

	<-stop
	return nil
}

// writeWhole makes the file appear complete: a test that polls for it never reads half a line.
func writeWhole(path string, line []byte) error {
	draft := path + ".part"
	if err := os.WriteFile(draft, append(line, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

func untilToldToStop(ignoreStdin bool) <-chan struct{} {
	stop := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	gone := make(chan struct{})
	if !ignoreStdin {
		go func() {
			// The read ends when the test process does, however it died, so nothing is ever leaked.
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(gone)
		}()
	}
	go func() {
		select {
		case <-signals:
		case <-gone:
		}
		close(stop)
	}()
	return stop
}

func parseFlags(args []string) (options, error) {
	var o options
	var certNames string
	f := flag.NewFlagSet("testvc", flag.ContinueOnError)

	i := &o.inventory
	f.StringVar(&i.model, "model", "vpx", "vpx (a vCenter) or esx (one host, answered directly)")
	f.IntVar(&i.datacenters, "datacenters", 1, "datacenters")
	f.IntVar(&i.clusters, "clusters", 1, "clusters per datacenter")
	f.IntVar(&i.hostsPerCluster, "hosts-per-cluster", 3, "hosts per cluster")
	f.IntVar(&i.standaloneHosts, "standalone-hosts", 1, "standalone hosts per datacenter")
	f.IntVar(&i.vms, "vms", 2, "virtual machines per resource pool")
	f.IntVar(&i.datastores, "datastores", 2, "datastores per datacenter")
	f.IntVar(&i.folders, "folders", 0, "datacenters to place, with their contents, in a folder of their own")
	f.IntVar(&i.pools, "pools", 0, "resource pools per cluster below its root pool")
	f.IntVar(&i.apps, "apps", 0, "vApps per cluster")
	f.IntVar(&i.pods, "pods", 0, "datastore clusters per datacenter")
	f.IntVar(&i.portgroups, "portgroups", 2, "distributed portgroups per datacenter")
	f.IntVar(&i.opaque, "opaque", 0, "opaque (NSX) networks per datacenter; needs at least one portgroup")
	f.IntVar(&i.extraHosts, "extra-hosts", 0, "hosts more, copied, spread over the clusters")
	f.IntVar(&i.extraVMs, "extra-vms", 0, "virtual machines more, copied, spread over the hosts")
	f.BoolVar(&i.rich, "rich", true, "fill what the simulator leaves empty (vpx only)")
	f.BoolVar(&i.oddNames, "odd-names", false, "rename some objects of each kind to names that break careless code")

	f.StringVar(&o.about.instanceUUID, "instance-uuid", "", "about.instanceUuid; random when empty")
	f.StringVar(&o.about.version, "version", "8.0.3", "product version")
	f.StringVar(&o.about.apiVersion, "api-version", "", "API version; made from --version when empty")
	f.StringVar(&o.about.build, "build", "24022515", "build number")

	f.StringVar(&o.user, "user", "muster", "the only user that may log in")
	f.StringVar(&o.pass, "pass", "muster-test", "that user's password")
	f.StringVar(&o.certDir, "cert-dir", "", "folder for the certificates; a scratch folder when empty")
	f.BoolVar(&o.leaf.SelfSigned, "self-signed", false, "present a self-signed leaf instead of one of the CA")
	f.StringVar(&certNames, "cert-names", "localhost,127.0.0.1", "names and addresses in the leaf, comma-separated")
	f.BoolVar(&o.leaf.Expired, "cert-expired", false, "present a leaf that expired yesterday")
	f.IntVar(&o.port, "port", 0, "public port; 0 for any free one")
	f.StringVar(&o.readyFile, "ready-file", "", "file to write the ready line to")
	f.BoolVar(&o.gzip, "gzip", false, "compress answers for clients that accept it, as a vCenter does from 8.0.3")
	f.BoolVar(&o.verbose, "verbose", false, "let the simulator log to stderr")
	f.BoolVar(&o.ignoreStdin, "ignore-stdin", false, "stay when stdin closes; for use by hand")

	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if i.model != "vpx" && i.model != "esx" {
		return o, fmt.Errorf("--model is vpx or esx, not %q", i.model)
	}
	if i.opaque > 0 && i.portgroups == 0 {
		return o, errors.New("--opaque needs --portgroups, as the simulator hangs opaque networks on a switch")
	}
	o.leaf.Names = strings.Split(certNames, ",")
	i.user, i.pass = o.user, o.pass
	return o, nil
}
