// Makes the certificate authority and the leaf that the public listener presents.
// It keeps keys only in the folder it was given, and never touches a system trust store.

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// leafOptions says what is right or wrong with the next leaf.
type leafOptions struct {
	SelfSigned bool     `json:"self_signed"`
	Names      []string `json:"names"`
	Expired    bool     `json:"expired"`
}

type certificates struct {
	dir     string
	scratch bool
	ca      *x509.Certificate
	caKey   *ecdsa.PrivateKey

	mu   sync.Mutex
	leaf *tls.Certificate
}

func newCertificates(dir string, leaf leafOptions) (*certificates, error) {
	c := &certificates{dir: dir}
	if dir == "" {
		scratch, err := os.MkdirTemp("", "testvc-certs-")
		if err != nil {
			return nil, err
		}
		c.dir, c.scratch = scratch, true
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := c.loadOrMakeCA(); err != nil {
		return nil, err
	}
	_, err := c.issue(leaf)
	return c, err
}

func (c *certificates) caFile() string   { return filepath.Join(c.dir, "ca.pem") }
func (c *certificates) leafFile() string { return filepath.Join(c.dir, "server.pem") }

func (c *certificates) close() {
	if c.scratch {
		_ = os.RemoveAll(c.dir)
	}
}

func (c *certificates) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leaf, nil
}

// fingerprint is the SHA-256 of the presented leaf, in lower-case hex without separators.
func (c *certificates) fingerprint() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := sha256.Sum256(c.leaf.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// loadOrMakeCA reuses an authority that is already in the folder, so that several test vCenters
// can share one, as vCenters of one company do.
func (c *certificates) loadOrMakeCA() error {
	keyFile := filepath.Join(c.dir, "ca-key.pem")
	if pair, err := tls.LoadX509KeyPair(c.caFile(), keyFile); err == nil {
		key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
		if !ok {
			return fmt.Errorf("%s is not a key of ours", keyFile)
		}
		c.ca, err = x509.ParseCertificate(pair.Certificate[0])
		c.caKey = key
		return err
	}

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "Muster test CA", Organization: []string{"Muster tests"}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if c.ca, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	c.caKey = key
	if err := writeKey(keyFile, key); err != nil {
		return err
	}
	return writePEM(c.caFile(), "CERTIFICATE", der)
}

// issue makes a new leaf, presents it from the next handshake on, and returns its fingerprint.
func (c *certificates) issue(o leafOptions) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	if len(o.Names) == 0 {
		o.Names = []string{"localhost", "127.0.0.1"}
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: o.Names[0], Organization: []string{"Muster tests"}},
		NotBefore:    time.Now().Add(-48 * time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if o.Expired {
		template.NotAfter = time.Now().Add(-24 * time.Hour)
	}
	for _, name := range o.Names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	issuer, issuerKey := c.ca, c.caKey
	if o.SelfSigned {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return "", err
	}
	if err := writePEM(c.leafFile(), "CERTIFICATE", der); err != nil {
		return "", err
	}

	c.mu.Lock()
	c.leaf = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	c.mu.Unlock()
	return c.fingerprint(), nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // The system's random source is gone; no certificate could be trusted.
	}
	return n
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(path, "EC PRIVATE KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
