package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
)

// What of a kubeconfig's current context is of use here.
type kubeconfig struct {
	server           *url.URL
	ca, cert, key    []byte
	token, tokenFile string
}

// kubectl reads it: Go's library has no YAML.
func readKubeconfig(path string) (*kubeconfig, error) {
	out, err := exec.Command("kubectl", "--kubeconfig", path, "config", "view", "--raw", "--flatten", "--minify", "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("kubectl config view of %s: %w", path, err)
	}
	var c struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     []byte `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Cert      []byte `json:"client-certificate-data"`
				Key       []byte `json:"client-key-data"`
				Token     string
				TokenFile string
			}
		}
	}
	if err := json.Unmarshal(out, &c); err != nil {
		return nil, err
	}
	if len(c.Clusters) != 1 || len(c.Users) != 1 {
		return nil, fmt.Errorf("%s has no current context with a cluster and a user", path)
	}
	cluster, user := c.Clusters[0].Cluster, c.Users[0].User
	server, err := url.Parse(cluster.Server)
	return &kubeconfig{server, cluster.CA, user.Cert, user.Key, user.Token, user.TokenFile}, err
}

// TLS towards the API server: its authority, and the client certificate if there is one.
func (k *kubeconfig) tls() (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(k.ca) {
		return nil, fmt.Errorf("the kubeconfig has no certificate authority")
	}
	c := &tls.Config{RootCAs: pool, ServerName: k.server.Hostname()}
	if k.cert == nil {
		return c, nil
	}
	pair, err := tls.X509KeyPair(k.cert, k.key)
	c.Certificates = []tls.Certificate{pair}
	return c, err
}

// The same credentials, sent to the proxy; a client certificate is the proxy's to show, and clients want
// something in its place.  The file is in place only when whole.
func (k *kubeconfig) writeFor(path, address string, ca []byte) error {
	user := "{token: the-proxy-shows-a-certificate}"
	switch {
	case k.tokenFile != "":
		user = fmt.Sprintf("{tokenFile: %q}", k.tokenFile)
	case k.token != "":
		user = fmt.Sprintf("{token: %q}", k.token)
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: faults
contexts:
- name: faults
  context: {cluster: faults, user: faults}
clusters:
- name: faults
  cluster:
    server: https://%s
    certificate-authority-data: %s
users:
- name: faults
  user: %s
`, address, base64.StdEncoding.EncodeToString(ca), user)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
