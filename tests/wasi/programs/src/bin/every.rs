//! A command that asks for everything WASI has, and for what lies beyond: each line is what was tried and what came.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags as Access, NewTimestamp, OpenFlags, PathFlags,
};
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};
use wasip2::{clocks, random};

fn said<T, E: std::fmt::Debug>(what: &str, result: Result<T, E>) {
    match result {
        Ok(_) => println!("{what}: ok"),
        Err(error) => {
            let error = format!("{error:?}");
            println!("{what}: {}", error.split('"').nth(1).unwrap_or(&error));
        }
    }
}

/// Paths that lead out of a directory, each in its own way.
fn beyond(folder: &Descriptor) {
    let open = |path: &str| {
        folder.open_at(
            PathFlags::SYMLINK_FOLLOW,
            path,
            OpenFlags::empty(),
            Access::READ,
        )
    };
    for path in [
        "../secret",
        "sub/../../secret",
        "/etc/passwd",
        "sub/./../../secret",
        "..",
        ".",
    ] {
        said(&format!("open {path}"), open(path));
    }
    for path in ["out/secret", "file-out", "absolute"] {
        said(
            &format!("open {path}"),
            open(path).and_then(|file| file.read(10, 0)),
        );
        said(
            &format!("stat {path}"),
            folder.stat_at(PathFlags::SYMLINK_FOLLOW, path),
        );
        said(
            &format!("stat {path} itself"),
            folder.stat_at(PathFlags::empty(), path),
        );
    }
    said(
        "symlink to above",
        folder.symlink_at("../secret", "new-link"),
    );
    said(
        "symlink to the root",
        folder.symlink_at("/etc/passwd", "new-link"),
    );
    said(
        "link from above",
        folder.link_at(PathFlags::empty(), "../secret", folder, "mine"),
    );
    said(
        "link through a link",
        folder.link_at(PathFlags::SYMLINK_FOLLOW, "file-out", folder, "mine"),
    );
    said(
        "rename to above",
        folder.rename_at("file", folder, "../file"),
    );
    said("directory above", folder.create_directory_at("../made"));
    said("unlink above", folder.unlink_file_at("../secret"));
    said("remove above", folder.remove_directory_at("../other"));
    said("readlink", folder.readlink_at("file-out"));
    said(
        "times above",
        folder.set_times_at(
            PathFlags::SYMLINK_FOLLOW,
            "../secret",
            NewTimestamp::Now,
            NewTimestamp::Now,
        ),
    );
}

fn changes(folder: &Descriptor) {
    let write = OpenFlags::CREATE | OpenFlags::TRUNCATE;
    said(
        "create",
        folder.open_at(PathFlags::empty(), "made", write, Access::WRITE),
    );
    said(
        "open to write",
        folder.open_at(
            PathFlags::empty(),
            "file",
            OpenFlags::empty(),
            Access::WRITE,
        ),
    );
    said("make a directory", folder.create_directory_at("folder"));
    said(
        "link",
        folder.link_at(PathFlags::empty(), "file", folder, "linked"),
    );
    said("symlink", folder.symlink_at("file", "pointing"));
    said(
        "times",
        folder.set_times_at(
            PathFlags::empty(),
            "file",
            NewTimestamp::Now,
            NewTimestamp::NoChange,
        ),
    );
    said("rename", folder.rename_at("file", folder, "renamed"));
    said("unlink", folder.unlink_file_at("renamed"));
}

fn sockets() {
    let network = instance_network::instance_network();
    said(
        "tcp",
        tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4),
    );
    said(
        "udp",
        udp_create_socket::create_udp_socket(IpAddressFamily::Ipv6),
    );
    said(
        "lookup",
        ip_name_lookup::resolve_addresses(&network, "example.com"),
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("clock") => println!("{}", clocks::monotonic_clock::now() > 0),
        Some("wall") => println!("{}", clocks::wall_clock::now().seconds > 0),
        Some("random") => println!("{}", random::random::get_random_bytes(5_000).len()),
        Some("poll") => clocks::monotonic_clock::subscribe_duration(1_000).block(),
        _ => {
            let folders = get_directories();
            println!("{} directories", folders.len());
            for (folder, path) in &folders {
                println!("{path} {:?}", folder.get_flags());
                beyond(folder);
                changes(folder);
            }
            sockets();
        }
    }
}
