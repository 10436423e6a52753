// The table of docs/lint.md, "Insecure services".

#include "core/ops/insecure_services.h"

#include <array>

namespace cloison::ops {

namespace {

using Where = InsecureService::Where;
using Severity = LintFinding::Severity;

constexpr auto k_warning = Severity::warning;
constexpr auto k_notice = Severity::notice;

constexpr std::array k_services{
    InsecureService{"telnet", "tcp/23", Where::anywhere, false, k_warning,
                    "passwords and all that is typed are in clear", "ssh (tcp/22)"},
    InsecureService{"ftp", "tcp/20-21", Where::anywhere, true, k_warning, "passwords and files are in clear",
                    "sftp (tcp/22), or ftps (tcp/990)"},
    InsecureService{"tftp", "udp/69", Where::anywhere, false, k_warning, "it asks for no password and hides nothing",
                    "https or sftp"},
    InsecureService{"rsh", "tcp/512-514", Where::anywhere, false, k_warning,
                    "rexec, rlogin and rsh believe an address and send in clear", "ssh (tcp/22)"},
    InsecureService{"netbios", "udp/137-138 tcp/139", Where::anywhere, false, k_warning,
                    "SMB 1 and its names are given up, and worms use them",
                    "smb (tcp/445), version 3, with encryption"},
    InsecureService{"x11", "tcp/6000-6063", Where::anywhere, false, k_warning,
                    "whoever reaches a screen reads the keyboard; all is in clear", "X over ssh (tcp/22)"},
    InsecureService{"pop3", "tcp/110", Where::anywhere, true, k_warning, "passwords and letters are in clear",
                    "pop3s (tcp/995), or declare 'encryption: starttls1.2'"},
    InsecureService{"imap", "tcp/143", Where::anywhere, true, k_warning, "passwords and letters are in clear",
                    "imaps (tcp/993), or declare 'encryption: starttls1.2'"},
    InsecureService{"ldap", "tcp/389 udp/389", Where::anywhere, true, k_warning,
                    "passwords and the directory are in clear",
                    "ldaps (tcp/636), or declare 'encryption: starttls1.2'"},
    InsecureService{"mllp", "tcp/2575", Where::anywhere, true, k_warning, "HL7 messages about patients are in clear",
                    "MLLP over TLS, and declare 'encryption: tls1.2'"},
    InsecureService{"dicom", "tcp/104", Where::anywhere, true, k_warning, "images of patients are in clear",
                    "dicom-tls (tcp/2762)"},
    InsecureService{"nfs", "tcp/2049 udp/2049", Where::anywhere, true, k_warning,
                    "it believes an address, and files are in clear",
                    "NFS 4 with Kerberos, and declare 'encryption: krb5p'"},
    InsecureService{"http", "tcp/80 tcp/8080", Where::patient_data, true, k_warning,
                    "what holds patients' data is asked in clear", "https (tcp/443)"},
    InsecureService{"snmp", "udp/161", Where::not_management, true, k_warning,
                    "SNMP 1 and 2 send their password in clear, and not from a zone of management",
                    "SNMP 3 from a zone with 'trust: management', and declare 'encryption: snmpv3'"},
    InsecureService{"ssh", "tcp/22", Where::outside, false, k_warning,
                    "administration is open to where attacks come from",
                    "'management:' by a tunnel, or a remote-access link"},
    InsecureService{"rdp", "tcp/3389 udp/3389", Where::outside, false, k_warning,
                    "administration is open to where attacks come from", "a remote-access link"},
    InsecureService{"vnc", "tcp/5900-5999", Where::outside, false, k_warning,
                    "administration is open to where attacks come from", "a remote-access link"},
    InsecureService{"winrm", "tcp/5985-5986", Where::outside, false, k_warning,
                    "administration is open to where attacks come from", "a remote-access link"},
    InsecureService{"mssql", "tcp/1433", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"oracle", "tcp/1521", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"mysql", "tcp/3306", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"postgresql", "tcp/5432", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"mongodb", "tcp/27017", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"redis", "tcp/6379", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"elasticsearch", "tcp/9200", Where::outside, false, k_warning,
                    "a database is open to where attacks come from", "an application between both"},
    InsecureService{"mysql", "tcp/3306", Where::between_sites, true, k_warning,
                    "a database's packets cross between places outside of any tunnel", "a link of kind vpn or sdwan"},
    InsecureService{"postgresql", "tcp/5432", Where::between_sites, true, k_warning,
                    "a database's packets cross between places outside of any tunnel", "a link of kind vpn or sdwan"},
    InsecureService{"smtp", "tcp/25", Where::between_sites, true, k_notice, "letters may be in clear",
                    "smtps (tcp/465), or declare 'encryption: starttls1.2'"},
    InsecureService{"syslog", "udp/514", Where::between_sites, true, k_notice,
                    "logs are in clear, and anybody may add some", "syslog-tls (tcp/6514)"},
};

}  // namespace

std::span<const InsecureService> insecure_services() {
  return k_services;
}

}  // namespace cloison::ops
