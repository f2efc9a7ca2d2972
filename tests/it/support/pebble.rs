//! Pebble, Let's Encrypt's test server for ACME, with a DNS server that resolves every name to this machine.

use super::log::WAIT_TIMEOUT;
use super::tls::Authority;
use super::{Client, Log};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running Pebble. Dropping it ends its processes.
pub struct Pebble {
    processes: Vec<Child>,
    folder: TempDir,
    authority: Authority,
    port: u16,
    management: u16,
    pub log: Log,
}

pub struct PebbleOptions {
    /// The address to whose port Pebble sends HTTP validation requests.
    pub http: SocketAddr,
    /// The address to whose port Pebble sends TLS validation requests.
    pub https: SocketAddr,
    /// The lifetime of certificates, in seconds.
    pub life_s: u64,
    /// The percentage of valid nonces that Pebble rejects.
    pub refused_nonces: u8,
    /// Whether Pebble requires external account binding.
    pub external_account: bool,
}

impl PebbleOptions {
    pub fn validating_at(http: SocketAddr, https: SocketAddr) -> Self {
        Self { http, https, life_s: 90 * 86_400, refused_nonces: 0, external_account: false }
    }
}

/// The key for [`PebbleOptions::external_account`], with the id `kid-1`.
pub const EXTERNAL_KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

impl Pebble {
    pub fn start(options: &PebbleOptions) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let (chain, key) = authority.issue(&["localhost", "127.0.0.1"], (2020, 4000));
        let [port, management, dns, dns_management] = free_ports();
        for (name, content) in [("chain.pem", &chain), ("key.pem", &key), ("roots.pem", &authority.pem())] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.path().join("chain.pem"),
            "privateKey": folder.path().join("key.pem"),
            "httpPort": options.http.port(),
            "tlsPort": options.https.port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": options.external_account,
            "externalAccountMACKeys": {"kid-1": EXTERNAL_KEY},
            "domainBlocklist": ["blocked.test"],
            "certificateValidityPeriod": options.life_s,
        }});
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let mut pebble = Self { processes: Vec::new(), folder, authority, port, management, log: Log::default() };
        let resolver = format!("127.0.0.1:{dns}");
        pebble.spawn(
            Command::new("pebble-challtestsrv")
                .args(["-dns01", &resolver, "-management", &format!("127.0.0.1:{dns_management}")])
                .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]),
        );
        pebble.spawn(
            Command::new("pebble")
                .args(["-dnsserver", &resolver, "-config"])
                .arg(pebble.folder.path().join("config.json"))
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_AUTHZREUSE", "0")
                .env("PEBBLE_WFE_NONCEREJECT", options.refused_nonces.to_string()),
        );
        tokio::task::block_in_place(|| {
            pebble.log.wait_until("pebble", |lines| {
                let has = |what: &str| lines.iter().any(|line| line.contains(what)).then_some(());
                has("ACME directory available").and(has("Starting management server"))
            });
            // Pebble prints these lines before its ports are open.
            for port in [port, management, dns] {
                wait_for_port(port);
            }
        });
        pebble
    }

    fn spawn(&mut self, command: &mut Command) {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("pebble is installed by scripts/setup.sh test (Debian: apt-get install pebble)");
        self.log.follow(child.stdout.take().unwrap());
        self.log.follow(child.stderr.take().unwrap());
        self.processes.push(child);
    }

    /// Returns the URL of the ACME directory.
    pub fn directory(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// Returns the path of the roots that verify Pebble's own certificate.
    pub fn roots_file(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// Returns the settings of a daemon that gets its certificates from this authority.
    pub fn settings(&self, names: &[&str], more: &str) -> String {
        let (directory, roots) = (self.directory(), self.roots_file());
        format!(
            "[tls]\ndomain = {names:?}\nacme_directory_url = \"{directory}\"\nacme_ca_file = \"{}\"\n{more}\n",
            roots.display()
        )
    }

    /// Returns a client for the directory and the URLs in it.
    pub fn client(&self) -> Client {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        Client::by_tls(format!("https://127.0.0.1:{}", self.port), "localhost", address, self.authority.trusted())
    }

    /// Returns the root of the certificates that Pebble issues.
    pub async fn root(&self) -> CertificateDer<'static> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.management));
        let base = format!("https://127.0.0.1:{}", self.management);
        let client = Client::by_tls(base, "localhost", address, self.authority.trusted());
        CertificateDer::from_pem_slice(&client.get("/roots/0").await.body).unwrap()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.processes {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- pebble's log ---\n{}", self.log.lines().join("\n"));
        }
    }
}

fn wait_for_port(port: u16) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "no process listens on port {port}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns free ports. Pebble can neither inherit an open socket nor choose a port itself.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
