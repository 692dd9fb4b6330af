package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

type pushRequest struct {
	// Registry is the host, with a port unless it is 443, that references are made with.
	Registry string `json:"registry"`
	// Address, when given, is dialled instead (host:port): the sandbox's names are not known to this machine's resolver.
	Address  string      `json:"address"`
	Username string      `json:"username"`
	Password string      `json:"password"`
	CAFile   string      `json:"caFile"`
	Images   []pushImage `json:"images"`
}

type pushImage struct {
	Layout     string `json:"layout"`
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
}

type pushAnswer struct {
	Reference string `json:"reference"`
	// Uploaded is false when the registry had exactly this digest under this tag.
	Uploaded bool `json:"uploaded"`
}

// push uploads images one after another (layers of one image in parallel) and asks the registry afterwards what it holds.
func push(request *json.Decoder) (any, error) {
	var wanted pushRequest
	if err := request.Decode(&wanted); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	transport, err := wanted.transport()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	pusher, err := remote.NewPusher(
		remote.WithAuth(&authn.Basic{Username: wanted.Username, Password: wanted.Password}),
		remote.WithTransport(transport), remote.WithContext(ctx), remote.WithJobs(4),
	)
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(
		remote.WithAuth(&authn.Basic{Username: wanted.Username, Password: wanted.Password}),
		remote.WithTransport(transport), remote.WithContext(ctx),
	)
	if err != nil {
		return nil, err
	}
	answers := make([]pushAnswer, 0, len(wanted.Images))
	for _, image := range wanted.Images {
		answer, err := pushOne(ctx, pusher, puller, wanted.Registry, image)
		if err != nil {
			return nil, fmt.Errorf("%s/%s:%s: %w", wanted.Registry, image.Repository, image.Tag, err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func pushOne(ctx context.Context, pusher *remote.Pusher, puller *remote.Puller, registry string, image pushImage) (pushAnswer, error) {
	tag, err := name.NewTag(registry+"/"+image.Repository+":"+image.Tag, name.StrictValidation)
	if err != nil {
		return pushAnswer{}, err
	}
	answer := pushAnswer{Reference: tag.String() + "@" + image.Digest}
	if held, err := puller.Head(ctx, tag); err == nil && held.Digest.String() == image.Digest {
		return answer, nil
	}
	content, err := fromLayout(image)
	if err != nil {
		return pushAnswer{}, err
	}
	if err := pusher.Push(ctx, tag, content); err != nil {
		return pushAnswer{}, err
	}
	held, err := puller.Head(ctx, tag)
	if err != nil {
		return pushAnswer{}, fmt.Errorf("pushed, but the registry does not show it: %w", err)
	}
	if held.Digest.String() != image.Digest {
		return pushAnswer{}, fmt.Errorf("pushed %s, but the registry shows %s", image.Digest, held.Digest)
	}
	answer.Uploaded = true
	return answer, nil
}

func fromLayout(image pushImage) (v1.Image, error) {
	digest, err := v1.NewHash(image.Digest)
	if err != nil {
		return nil, err
	}
	index, err := layout.ImageIndexFromPath(image.Layout)
	if err != nil {
		return nil, err
	}
	return index.Image(digest)
}

func (r pushRequest) transport() (http.RoundTripper, error) {
	transport := remote.DefaultTransport.(*http.Transport).Clone()
	// A registry of the sandbox is never behind the proxy that the machine may use for the outside.
	transport.Proxy = nil
	if r.CAFile != "" {
		certificates, err := os.ReadFile(r.CAFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(certificates) {
			return nil, errors.New(r.CAFile + ": holds no PEM certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	if r.Address != "" {
		dialer := net.Dialer{Timeout: 10 * time.Second}
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, r.Address)
		}
	}
	return transport, nil
}
