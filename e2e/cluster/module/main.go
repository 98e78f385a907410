// Command control-plane is every program of a Kubernetes cluster in one binary, for tests only: one link instead of
// six. The first argument, or the name it is called by, chooses the program:
//
//	control-plane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kube-proxy [flags]
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Only the chosen constructor runs: each registers its feature gates in one registry of the process.
var programs = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":              proxy.NewProxyCommand,
}

func known(name string) bool {
	_, ok := programs[name]
	return ok || name == "etcd"
}

func main() {
	args := os.Args
	if !known(filepath.Base(args[0])) && len(args) > 1 {
		args = args[1:]
	}
	name := filepath.Base(args[0])
	if !known(name) {
		fmt.Fprintf(os.Stderr, "control-plane: unknown program %q\n", name)
		os.Exit(2)
	}
	os.Args = args // some programs look here and not at what they are given
	if name == "etcd" {
		etcdmain.Main(args)
		return
	}
	command := programs[name]()
	command.SetArgs(args[1:])
	os.Exit(cli.Run(command))
}
