// SPDX-License-Identifier: Apache-2.0
// Signs in bytes of any kind. A sign is no proof: it says where to look.

rule executable_binary {
    meta:
        description = "A program or a library in binary form lies in the release; nobody can read what it does."
        severity = "note"
        cwe = 1357
    condition:
        uint32be(0) == 0x7f454c46 or
        (uint16(0) == 0x5a4d and uint32(0x3c) < filesize and uint32(uint32(0x3c)) == 0x00004550) or
        uint32be(0) == 0xcffaedfe or uint32be(0) == 0xfeedfacf
}

rule packed_executable {
    meta:
        description = "The program is packed, so that what it does is seen only while it runs."
        severity = "high"
        cwe = 506
    strings:
        $upx = "UPX!"
        $section = "UPX0"
        $aspack = ".aspack"
        $mpress = ".MPRESS1"
        $themida = ".themida"
    condition:
        (uint32be(0) == 0x7f454c46 or uint16(0) == 0x5a4d) and any of them
}

rule private_key {
    meta:
        description = "A private key lies in the release, and in every copy of it."
        severity = "high"
        cwe = 321
    strings:
        $pem = /-----BEGIN (RSA |EC |DSA |OPENSSH |ENCRYPTED |ANY )?PRIVATE KEY( BLOCK)?-----\r?\n[A-Za-z0-9+\/=:\-, \r\n]{40}/
        $pgp = /-----BEGIN PGP PRIVATE KEY BLOCK-----\r?\n/
        $putty = /PuTTY-User-Key-File-[23]: [a-z0-9-]{6,30}/
    condition:
        any of them
}

rule shell_code {
    meta:
        description = "These bytes are known from code that is brought in to start a shell."
        severity = "high"
        cwe = 506
    strings:
        $x86 = { 31 C0 50 68 2F 2F 73 68 68 2F 62 69 6E 89 E3 }
        $x64 = { 48 BB 2F 62 69 6E 2F 2F 73 68 }
        $x64_other = { 48 B? 2F 62 69 6E 2F 73 68 00 5? }
        $arm = { 01 30 8F E2 13 FF 2F E1 }
        $loader_32 = { FC E8 ( 82 | 89 | 8F ) 00 00 00 60 ( 89 E5 | 31 ) }
        $loader_64 = { FC 48 83 E4 F0 E8 ( C0 | C8 | CC ) 00 00 00 41 51 }
        $text = /(\\x[0-9a-fA-F]{2}){4,}\\x2f\\x62\\x69\\x6e(\\x2f){1,2}\\x73\\x68/ nocase
    condition:
        any of them
}

rule embedded_archive {
    meta:
        description = "An archive lies inside a picture or a document that is not made of one."
        severity = "medium"
        cwe = 506
    strings:
        $zip = { 50 4B 03 04 ( 0A | 14 | 2D ) 00 }
        $rar = { 52 61 72 21 1A 07 }
        $seven = { 37 7A BC AF 27 1C 00 }
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638 or uint32be(0) == 0x25504446)
        and any of them
}

rule self_extracting_script {
    meta:
        description = "A script brings an archive or a program behind its text, and can unpack and run it."
        severity = "medium"
        cwe = 506
    strings:
        $gzip = { 1F 8B 08 ( 00 | 08 ) }
        $xz = { FD 37 7A 58 5A 00 }
        $bzip2 = /BZh[1-9]1AY&SY/
        $elf = { 7F 45 4C 46 ( 01 | 02 ) ( 01 | 02 ) 01 }
    condition:
        uint16be(0) == 0x2321 and any of them
}

rule program_as_text {
    meta:
        description = "A program is written as text here, in base64 or as hexadecimal digits."
        severity = "high"
        cwe = 506
    strings:
        $elf_base64 = /f0VMR(gIBAQ|gEBAQ|gICAQ)[A-Za-z0-9+\/]{16}/
        $exe_base64 = /TVqQAAMAAAAEAAAA[A-Za-z0-9+\/]{16}/
        $elf_digits = /7f454c460[12]0[12]01[0-9a-f]{32}/ nocase
        $exe_digits = /4d5a90000300000004000000[0-9a-f]{32}/ nocase
    condition:
        any of them
}

rule web_shell {
    meta:
        description = "What a visitor of the page sends is run as code."
        severity = "high"
        cwe = 94
    strings:
        $php = /(eval|assert|system|passthru|shell_exec|exec)[ \t]*\([ \t]*(base64_decode[ \t]*\([ \t]*)?(stripslashes[ \t]*\([ \t]*)?@?\$_(GET|POST|REQUEST|COOKIE|SERVER)[ \t]*\[/
        $jsp = /Runtime\.getRuntime\(\)\.exec\([ \t]*request\.getParameter\(/
        $asp = /eval[ \t]*\(?[ \t]*request(\.item)?[ \t]*[\(\[]/ nocase
    condition:
        any of them
}

rule reverse_shell {
    meta:
        description = "This line hands a shell to somebody on the network."
        severity = "high"
        cwe = 912
    strings:
        $bash = /(ba)?sh -i[^\n]{0,40}\/dev\/(tcp|udp)\//
        $nc = /\bn(c|cat|etcat)(\.traditional)? [^\n]{0,60}-e ?\/bin\/(ba)?sh\b/
        $fifo = /mkfifo [^\n]{0,60}\/bin\/(ba)?sh -i[^\n]{0,60}\bn(c|cat)\b/
        $python = /socket\.socket\([^\n]{0,200}dup2\([^\n]{0,200}\/bin\/(ba)?sh/
        $perl = /use Socket;[^\n]{0,300}exec\(["'{]?\/bin\/(ba)?sh -i/
    condition:
        any of them
}

rule mining {
    meta:
        description = "An address of those that pay for other people's processors."
        severity = "medium"
        cwe = 506
    strings:
        $stratum = /stratum\+(tcp|ssl):\/\/[a-z0-9.-]{4,}/
    condition:
        any of them
}

rule test_virus {
    meta:
        description = "The text by which virus scanners are tested: whoever runs one will be told."
        severity = "low"
        cwe = 506
    strings:
        $eicar = { 58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43 29 37 7D 24 45 49 43 41 52 2D }
    condition:
        $eicar
}
