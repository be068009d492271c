//! `wasi:sockets`: lion has none, so every way to one says so.

use crate::exports::wasi::io::poll::Pollable;
use crate::exports::wasi::io::streams::{InputStream, OutputStream};
use crate::exports::wasi::sockets::{
    instance_network, ip_name_lookup,
    network::{self, ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, NetworkBorrow},
    tcp::{self, ShutdownType, TcpSocket},
    tcp_create_socket,
    udp::{self, IncomingDatagram, OutgoingDatagram},
    udp_create_socket,
};
use crate::lion::host::log;
use crate::poll::Wait;
use crate::Wasi;

pub struct Network;
pub struct Tcp;
pub struct Udp;
pub struct Incoming;
pub struct Outgoing;
pub struct Addresses;

type Done<T> = Result<T, ErrorCode>;

/// The refusal, with words for people.
fn refused<T>(what: &str) -> Done<T> {
    let _ = log::write(log::Level::Warn, &format!("wasi:sockets: {what}: there are no sockets here"));
    Err(ErrorCode::AccessDenied)
}

fn at_once() -> Pollable {
    Wait::Ready.pollable()
}

impl network::GuestNetwork for Network {}

impl network::Guest for Wasi {
    type Network = Network;
}

impl instance_network::Guest for Wasi {
    fn instance_network() -> network::Network {
        network::Network::new(Network)
    }
}

impl tcp_create_socket::Guest for Wasi {
    fn create_tcp_socket(_family: IpAddressFamily) -> Done<TcpSocket> {
        refused("create-tcp-socket")
    }
}

impl udp_create_socket::Guest for Wasi {
    fn create_udp_socket(_family: IpAddressFamily) -> Done<udp::UdpSocket> {
        refused("create-udp-socket")
    }
}

impl ip_name_lookup::Guest for Wasi {
    type ResolveAddressStream = Addresses;

    fn resolve_addresses(
        _network: NetworkBorrow<'_>,
        name: String,
    ) -> Done<ip_name_lookup::ResolveAddressStream> {
        refused(&format!("resolve-addresses {name:?}"))
    }
}

impl ip_name_lookup::GuestResolveAddressStream for Addresses {
    fn resolve_next_address(&self) -> Done<Option<IpAddress>> {
        Err(ErrorCode::AccessDenied)
    }

    fn subscribe(&self) -> Pollable {
        at_once()
    }
}

/// Methods of what nobody can have.
macro_rules! refusing {
    ($($name:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self $(, _: $type)*) -> Done<$result> { Err(ErrorCode::AccessDenied) })*
    };
}

impl tcp::Guest for Wasi {
    type TcpSocket = Tcp;
}

impl tcp::GuestTcpSocket for Tcp {
    refusing! {
        start_bind(NetworkBorrow<'_>, IpSocketAddress) -> ();
        finish_bind() -> ();
        start_connect(NetworkBorrow<'_>, IpSocketAddress) -> ();
        finish_connect() -> (InputStream, OutputStream);
        start_listen() -> ();
        finish_listen() -> ();
        accept() -> (TcpSocket, InputStream, OutputStream);
        local_address() -> IpSocketAddress;
        remote_address() -> IpSocketAddress;
        set_listen_backlog_size(u64) -> ();
        keep_alive_enabled() -> bool;
        set_keep_alive_enabled(bool) -> ();
        keep_alive_idle_time() -> u64;
        set_keep_alive_idle_time(u64) -> ();
        keep_alive_interval() -> u64;
        set_keep_alive_interval(u64) -> ();
        keep_alive_count() -> u32;
        set_keep_alive_count(u32) -> ();
        hop_limit() -> u8;
        set_hop_limit(u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(u64) -> ();
        shutdown(ShutdownType) -> ();
    }

    fn is_listening(&self) -> bool {
        false
    }

    fn address_family(&self) -> IpAddressFamily {
        IpAddressFamily::Ipv4
    }

    fn subscribe(&self) -> Pollable {
        at_once()
    }
}

impl udp::Guest for Wasi {
    type UdpSocket = Udp;
    type IncomingDatagramStream = Incoming;
    type OutgoingDatagramStream = Outgoing;
}

impl udp::GuestUdpSocket for Udp {
    refusing! {
        start_bind(NetworkBorrow<'_>, IpSocketAddress) -> ();
        finish_bind() -> ();
        stream(Option<IpSocketAddress>) -> (udp::IncomingDatagramStream, udp::OutgoingDatagramStream);
        local_address() -> IpSocketAddress;
        remote_address() -> IpSocketAddress;
        unicast_hop_limit() -> u8;
        set_unicast_hop_limit(u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(u64) -> ();
    }

    fn address_family(&self) -> IpAddressFamily {
        IpAddressFamily::Ipv4
    }

    fn subscribe(&self) -> Pollable {
        at_once()
    }
}

impl udp::GuestIncomingDatagramStream for Incoming {
    refusing! {
        receive(u64) -> Vec<IncomingDatagram>;
    }

    fn subscribe(&self) -> Pollable {
        at_once()
    }
}

impl udp::GuestOutgoingDatagramStream for Outgoing {
    refusing! {
        check_send() -> u64;
        send(Vec<OutgoingDatagram>) -> u64;
    }

    fn subscribe(&self) -> Pollable {
        at_once()
    }
}
