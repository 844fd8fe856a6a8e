# shellcheck shell=bash
# pki.sh: one certificate authority per cluster, and kubeconfigs that carry all they need.

pki_openssl() { # KEY CERTIFICATE SUBJECT ARGS...
	local key=$1 crt=$2 subject=$3
	shift 3
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-config <(printf '[req]\ndistinguished_name=dn\n[dn]\n') \
		-keyout "$key" -out "$crt" -subj "$subject" "$@" 2>/dev/null
}

pki_authority() { # CLUSTER
	local pki="$STATE/$1/pki"
	mkdir -p "$pki"
	chmod 700 "$pki"
	pki_openssl "$pki/ca.key" "$pki/ca.crt" "/CN=berth-$BED-$1" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
	openssl ecparam -genkey -name prime256v1 -noout -out "$pki/sa.key"
	openssl ec -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
}

pki_sign() { # CLUSTER NAME SUBJECT USAGE [SUBJECT-ALT-NAME]
	local pki="$STATE/$1/pki"
	pki_openssl "$pki/$2.key" "$pki/$2.crt" "$3" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" \
		-addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$4" ${5:+-addext "subjectAltName=$5"}
}

pki_server() { # CLUSTER
	pki_sign "$1" server /CN=kube-apiserver serverAuth \
		"IP:$(address "$1"),IP:$(service_ip "$1"),IP:127.0.0.1,DNS:kubernetes.default.svc,DNS:kubernetes.default,DNS:kubernetes"
}

pki_user() { # CLUSTER USER [GROUP]: a client certificate and its kubeconfig, pki/USER.kubeconfig
	local pki="$STATE/$1/pki" file=${2//:/-}
	pki_sign "$1" "$file" "${3:+/O=$3}/CN=$2" clientAuth
	kubeconfig_write "$1" "$pki/$file.kubeconfig" "$2" \
		"client-certificate-data: $(base64 -w0 "$pki/$file.crt")" "client-key-data: $(base64 -w0 "$pki/$file.key")"
}

kubeconfig_write() { # CLUSTER FILE USER CREDENTIAL-LINE...
	local cluster=$1 file=$2 user=$3
	shift 3
	(
		umask 077
		cat >"$file" <<-END
			apiVersion: v1
			kind: Config
			current-context: $cluster
			contexts:
			- name: $cluster
			  context: {cluster: $cluster, user: $user}
			clusters:
			- name: $cluster
			  cluster:
			    server: https://$(address "$cluster"):443
			    certificate-authority-data: $(base64 -w0 "$STATE/$cluster/pki/ca.crt")
			users:
			- name: $user
			  user:
			$(printf '    %s\n' "$@")
		END
	)
}
