//! Changes made to be difficult: for the columns, for the pairing, for what counts as deleted. Data for
//! `breaking_vs_buf.rs`.

type Files = &'static [(&'static str, &'static str)];

/// Title, before, after.
pub const VARIANTS: &[(&str, Files, Files)] = &[
    (
        "tabs before the token",
        &[("a.proto", "syntax = \"proto3\";\nmessage M {\n\tint32 a = 1;\n\t\tM \tb = 2;\n}\n")],
        &[("a.proto", "syntax = \"proto3\";\nmessage M {\n\tstring\ta = 1;\n\t\tM \tbb = 2;\n}\n")],
    ),
    (
        "multi-byte characters before the token",
        &[("a.proto", "syntax = \"proto3\";\nmessage M { /* é🦀 */ int32 a = 1; /* ä */ M b = 2; }\n")],
        &[("a.proto", "syntax = \"proto3\";\nmessage M { /* é🦀 */ string a = 1; /* ä */ M c = 2; }\n")],
    ),
    (
        "tabs after multi-byte characters, and characters of no width",
        &[("a.proto", "syntax = \"proto3\";\nmessage M { /* é\t🦀\t\u{301} */\tint32 a = 1;\n}\n")],
        &[("a.proto", "syntax = \"proto3\";\nmessage M { /* é\t🦀\t\u{301} */\tint64 b = 1;\n}\n")],
    ),
    (
        "CRLF",
        &[("a.proto", "syntax = \"proto3\";\r\nmessage M {\r\n  int32 a = 1;\r\n  int32 b = 2;\r\n}\r\n")],
        &[("a.proto", "syntax = \"proto3\";\r\nmessage M {\r\n  int64 a = 1;\r\n  \r\n}\r\n")],
    ),
    (
        "CR alone, form feed",
        &[("a.proto", "syntax = \"proto3\";\r message M { \u{c} int32 a = 1; }")],
        &[("a.proto", "syntax = \"proto3\";\r message M { \u{c} int64 b = 1; }")],
    ),
    (
        "nested messages, oneofs, maps",
        &[(
            "a.proto",
            "syntax = \"proto3\";\npackage p;\nmessage A {\n  message B {\n    oneof x { int32 a = 1; B b = 2; }\n    map<string, int32> m = 3;\n    map<int32, B> n = 4;\n  }\n  enum E { Z = 0; }\n}\nenum F { Y = 0; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\npackage p;\nenum F { Y = 0; }\nmessage A {\n  message B {\n    oneof x { int64 a = 1; }\n    oneof y { B b = 2; }\n    map<string, B> m = 3;\n    map<int64, A> n = 4;\n  }\n}\n",
        )],
    ),
    (
        "a map becomes a message written by hand, and back",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  map<int32, int32> a = 1;\n  message BEntry { int32 key = 1; string value = 2; string more = 3; }\n  repeated BEntry b = 2;\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  message AEntry { string value = 2; }\n  repeated AEntry a = 1;\n  map<int32, int32> b = 2;\n}\n",
        )],
    ),
    (
        "groups",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional group G = 1 { optional int32 a = 1; }\n  repeated group H = 2 { optional int32 a = 1; }\n  optional group I = 3 {}\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 g = 1;\n  optional group H = 2 { required int64 a = 1; }\n  optional  group  J  = 3 { }\n}\n",
        )],
    ),
    (
        "a group of another type",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional M g = 1;\n  optional group A = 2 {}\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional group G = 1 {}\n  optional A a = 2; message A {}\n}\n",
        )],
    ),
    (
        "extensions",
        &[(
            "a.proto",
            "syntax = \"proto2\";\npackage p;\nmessage M { extensions 100 to 200; reserved 1 to 5; }\nextend M { optional int32 a = 100; optional string b = 101; optional M d = 103; }\nmessage S { extend M { repeated int32 c = 102; } }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\npackage p;\nmessage M { extensions 100 to 150, 160 to 199; reserved 2 to 4; }\nextend M {\n  optional int64 a = 100;\n  optional string x = 101; }\nmessage S { extend M { optional int32 c = 102; } }\n",
        )],
    ),
    (
        "an extension moves into a message, into another file",
        &[
            (
                "a.proto",
                "syntax = \"proto2\";\npackage p;\nmessage M { extensions 1 to max; }\nextend M { optional int32 a = 1; optional int32 b = 2; }\n",
            ),
            ("b.proto", "syntax = \"proto2\";\npackage p;\nimport \"a.proto\";\nmessage N {}\n"),
        ],
        &[
            (
                "a.proto",
                "syntax = \"proto2\";\npackage p;\nmessage M { extensions 1 to max; extend M { optional int32 a = 1; } }\n",
            ),
            (
                "b.proto",
                "syntax = \"proto2\";\npackage p;\nimport \"a.proto\";\nmessage N {}\nextend M { optional string b = 2; }\n",
            ),
        ],
    ),
    (
        "a file moves",
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\npackage p;\nmessage M { int32 a = 1; }\nenum E { Z = 0; }\nservice S { rpc A(M) returns (M); }\n",
            ),
            ("c.proto", "syntax = \"proto3\";\npackage p;\nmessage N {}\n"),
        ],
        &[
            (
                "b/a.proto",
                "syntax = \"proto3\";\npackage p;\nmessage M { int64 a = 1; }\nenum E { Z = 0; }\nservice S { rpc A(M) returns (M); }\n",
            ),
            ("c.proto", "syntax = \"proto3\";\npackage p;\nmessage N {}\n"),
        ],
    ),
    (
        "types move to another file of the package",
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\npackage p;\nmessage M { message I {} enum F { Y = 0; } }\nenum E { Z = 0; }\n",
            ),
            ("b.proto", "syntax = \"proto3\";\npackage p;\n"),
        ],
        &[
            ("a.proto", "syntax = \"proto3\";\npackage p;\n"),
            ("b.proto", "syntax = \"proto3\";\npackage p;\nmessage M { int32 x = 1; }\nenum E { Z = 0; }\n"),
        ],
    ),
    (
        "the package changes in place",
        &[(
            "a.proto",
            "syntax = \"proto3\";\npackage p.v1;\nmessage M { int32 a = 1; message N {} }\nenum E { Z = 0; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\n\npackage  p.v2 ;\nmessage M { string a = 1; }\nenum E { Z = 0; }\n",
        )],
    ),
    (
        "the package goes, and comes",
        &[
            ("a.proto", "syntax = \"proto3\";\npackage p;\nmessage M {}\n"),
            ("b.proto", "syntax = \"proto3\";\nmessage N {}\n"),
        ],
        &[
            ("a.proto", "syntax = \"proto3\";\nmessage M {}\n"),
            ("b.proto", "syntax = \"proto3\";\npackage q;\nmessage N {}\n"),
        ],
    ),
    (
        "a package is replaced by the next version",
        &[("p/v1/a.proto", "syntax = \"proto3\";\npackage p.v1;\nmessage M {}\nservice S {}\n")],
        &[("p/v2/a.proto", "syntax = \"proto3\";\npackage p.v2;\nmessage M {}\nservice S {}\n")],
    ),
    (
        "imports go",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/wrappers.proto\";\nmessage M { google.protobuf.StringValue a = 1; }\n",
        )],
        &[("a.proto", "syntax = \"proto3\";\nmessage M { string a = 1; }\n")],
    ),
    (
        "enum aliases",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nenum E {\n  option allow_alias = true;\n  Z = 0;\n  A = 1;\n  B = 1;\n  C = 2;\n  D = -5;\n  F = -5;\n  reserved 7, -9 to -6, 100 to max;\n  reserved \"R\";\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nenum E {\n  option allow_alias = true;\n  Z = 0;\n  A = 1; X\t=\t1;\n  CC = 2;\n  Y = 0;\n  reserved -8, 101 to max;\n}\n",
        )],
    ),
    (
        "deleted enum values, reserved in part",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nenum E {\n  option allow_alias = true;\n  Z = 0;\n  A = 1;\n  B = 1;\n  C = 2;\n  D = 3;\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nenum E {\n  Z = 0;\n  reserved \"A\", \"C\"; reserved 1, 3;\n}\n",
        )],
    ),
    (
        "rpcs",
        &[(
            "a.proto",
            "syntax = \"proto3\";\npackage p;\nmessage M {}\nmessage N {}\nservice S {\n  rpc A(M) returns (M);\n  rpc B(stream M) returns (stream M) { option idempotency_level = NO_SIDE_EFFECTS; }\n  rpc C(M) returns (M);\n  rpc D(M) returns (M) { option idempotency_level = IDEMPOTENT; }\n  rpc E(M) returns (M);\n}\nservice T {}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\npackage p;\nmessage M {}\nmessage N {}\nservice S {\n  rpc A( stream  .p.N) returns (stream p.N);\n\trpc B(N) returns (N) {}\n  rpc D(M) returns (M) { option idempotency_level = NO_SIDE_EFFECTS; };\n  rpc E(M) returns (M) { option deprecated = true; option idempotency_level = IDEMPOTENT; }\n}\n",
        )],
    ),
    (
        "cardinalities of proto3",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  optional int32 b = 2;\n  repeated int32 c = 3;\n  map<int32, int32> d = 4;\n  M e = 5;\n  oneof x { int32 f = 6; }\n  int32 g = 7;\n  repeated int32 h = 8;\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  optional int32 a = 1;\n  int32 b = 2;\n  int32 c = 3;\n  repeated int32 d = 4;\n  repeated M e = 5;\n  int32 f = 6;\n  oneof y { int32 g = 7; }\n  repeated int32 h = 8 [packed = false];\n}\n",
        )],
    ),
    (
        "required",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  required int32 a = 1;\n  optional int32 b = 2;\n  required int32 c = 3;\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1;\n  required int32 b = 2;\n  required int32 d = 4;\n}\n",
        )],
    ),
    (
        "every scalar becomes another",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int64 b = 2;\n  uint32 c = 3;\n  bool d = 4;\n  sint32 e = 5;\n  fixed32 f = 6;\n  fixed64 g = 7;\n  string h = 8;\n  bytes i = 9;\n  float j = 10;\n  double k = 11;\n  E l = 12;\n  int32 m = 13;\n  M n = 14;\n  bytes o = 15;\n}\nenum E { Z = 0; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n  uint64 b = 2;\n  int32 c = 3;\n  int32 d = 4;\n  sint64 e = 5;\n  sfixed32 f = 6;\n  sfixed64 g = 7;\n  bytes h = 8;\n  string i = 9;\n  double j = 10;\n  int64 k = 11;\n  int32 l = 12;\n  E m = 13;\n  bytes n = 14;\n  M o = 15;\n}\nenum E { Z = 0; }\n",
        )],
    ),
    (
        "enums of the same short name",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  A.E a = 1;\n  A.E b = 2;\n  A.E c = 3;\n}\nmessage A { enum E { Z = 0; O = 1; } }\nmessage B { enum E { ZZ = 0; } }\nmessage C { enum E { Z = 0; O = 1; T = 2; } }\nmessage D { enum F { Z = 0; O = 1; } }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  B.E a = 1;\n  C.E b = 2;\n  D.F c = 3;\n}\nmessage A { enum E { Z = 0; O = 1; } }\nmessage B { enum E { ZZ = 0; } }\nmessage C { enum E { Z = 0; O = 1; T = 2; } }\nmessage D { enum F { Z = 0; O = 1; } }\n",
        )],
    ),
    (
        "JSON names",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  int32 a_b = 1;\n  int32 c = 2 [json_name = \"x\"];\n  int32 d = 3 [deprecated = true, json_name = \"y\"];\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  int32 a_c = 1;\n  int32 c = 2;\n  int32 d = 3 [ json_name  =  \"z\" , deprecated = true];\n}\n",
        )],
    ),
    (
        "defaults",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 1];\n  optional string b = 2 [default = \"x\"];\n  optional E c = 3;\n  optional double d = 4 [default = nan];\n  optional bytes e = 5 [default = \"\\001\"];\n  optional float f = 6 [default = 0.1];\n  optional bool g = 7 [default = true];\n  optional string h = 8;\n  optional uint64 i = 9 [default = 18446744073709551615];\n}\nenum E { X = 1; Y = 2; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 2];\n  optional string b = 2;\n  optional E c = 3;\n  optional double d = 4 [default = nan];\n  optional bytes e = 5 [deprecated = true, default = \"\\002\"];\n  optional double f = 6 [default = 0.1];\n  optional int32 g = 7 [default = 1];\n  optional string h = 8 [default = \"\"];\n  optional double i = 9 [default = 18446744073709551615];\n}\nenum E { Y = 2; X = 1; }\n",
        )],
    ),
    (
        "options of fields",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int64 a = 1 [jstype = JS_STRING];\n  optional uint64 b = 2;\n  optional string c = 3 [ctype = CORD];\n  optional bytes d = 4 [ctype = STRING_PIECE];\n  optional string e = 5;\n  optional string f = 6 [ctype = STRING];\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int64 a = 1;\n  optional sint64 b = 2 [jstype = JS_NUMBER];\n  optional string c = 3;\n  optional bytes d = 4;\n  optional string e = 5 [ctype = STRING_PIECE];\n  optional string f = 6 [ctype = CORD];\n}\n",
        )],
    ),
    (
        "proto2 becomes proto3",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional string a = 1;\n  optional int32 b = 2;\n  map<string, string> c = 3;\n}\nenum E { Z = 0; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  optional string a = 1;\n  int32 b = 2;\n  map<string, string> c = 3;\n}\nenum E { Z = 0; }\n",
        )],
    ),
    (
        "proto3 becomes proto2, unsaid",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  optional string a = 1;\n  map<string, string> c = 3;\n  message N {}\n}\nenum E { Z = 0; }\n",
        )],
        &[(
            "a.proto",
            "message M {\n  optional string a = 1;\n  map<string, string> c = 3;\n  message N {}\n}\nenum E { Z = 0; }\n",
        )],
    ),
    (
        "file options go, come and change",
        &[(
            "a.proto",
            "syntax = \"proto3\";\noption go_package = \"a\";\noption java_package = \"a\";\noption cc_enable_arenas = false;\noption optimize_for = CODE_SIZE;\noption java_string_check_utf8 = true;\nmessage M { string a = 1; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\noption go_package = \"b\";\n option  swift_prefix = \"S\";\noption java_multiple_files = false;\noption optimize_for = SPEED;\nmessage M { string a = 1; }\n",
        )],
    ),
    (
        "java checks UTF-8 from now on",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M { optional string a = 1; map<string, string> b = 2; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\noption java_string_check_utf8 = true;\nmessage M { optional string a = 1; map<string, string> b = 2; }\n",
        )],
    ),
    (
        "descriptor accessors",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M { }\nmessage N { option no_standard_descriptor_accessor = true; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n option no_standard_descriptor_accessor = true; }\nmessage N { }\n",
        )],
    ),
    (
        "oneofs go",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  oneof x { int32 a = 1; int32 b = 2; }\n  optional int32 c = 3;\n}\n",
        )],
        &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  oneof y { int32 a = 1; }\n  int32 c = 3;\n}\n")],
    ),
    (
        "a nested type becomes a package",
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\npackage a;\nmessage b { message C { int32 x = 1; } }\nmessage U { b.C c = 1; }\n",
            ),
            ("k.proto", "syntax = \"proto3\";\npackage a;\nmessage K {}\n"),
        ],
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\npackage a.b;\nmessage C { int64 x = 1; }\nmessage U { C c = 1; }\n",
            ),
            ("k.proto", "syntax = \"proto3\";\npackage a;\nmessage K {}\n"),
        ],
    ),
    (
        "a message becomes an enum, an enum a message",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage A {}\nenum B { Z = 0; }\nmessage M { A a = 1; B b = 2; repeated B c = 3; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nenum A { Z = 0; }\nmessage B {}\nmessage M { A a = 1; B b = 2; repeated B c = 3; }\n",
        )],
    ),
    (
        "the message around a deleted one moved to another file",
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\npackage p;\nmessage A { message B { message C {} enum E { Z = 0; } } }\nenum F { Y = 0; }\n",
            ),
            ("b.proto", "syntax = \"proto3\";\npackage p;\n"),
        ],
        &[
            ("a.proto", "syntax = \"proto3\";\npackage p;\nenum F { Y = 0; }\n"),
            ("b.proto", "syntax = \"proto3\";\npackage p;\nmessage A {\n message B { } }\n"),
        ],
    ),
    (
        "a file goes while its package stays",
        &[
            (
                "a.proto",
                "syntax = \"proto2\";\npackage p;\nmessage M { extensions 1; extend M { optional int32 e = 1; } enum E { Z = 0; } }\nservice S {}\n",
            ),
            (
                "b.proto",
                "syntax = \"proto2\";\npackage p;\nmessage N { extensions 1; extend N { optional int32 e = 1; } enum E { Z = 0; } }\nservice T {}\n",
            ),
        ],
        &[(
            "b.proto",
            "syntax = \"proto2\";\npackage p;\nmessage N { extensions 1; extend N { optional int32 e = 1; } enum E { Z = 0; } }\nservice T {}\n",
        )],
    ),
    (
        "defaults, spread over lines and comments",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [deprecated = false, default\n = 1];\n  optional string default = 2 [default = \"default\"];\n\toptional E c\t= 3\t[\tdefault\t=\tX\t];\n}\nenum E { X = 1; Y = 2; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [deprecated = false, default // é\n = -1];\n  optional string default = 2 [default = \"x\" \"y\"];\n\toptional E c\t= 3\t[\tdefault\t=\tY\t];\n}\nenum E { X = 1; Y = 2; }\n",
        )],
    ),
    (
        "options in their long spellings",
        &[(
            "a.proto",
            "syntax = \"proto3\";\noption java_package = \"a\" \"b\";\nmessage M { int64 a = 1 [jstype=JS_STRING,json_name='b']; }\nservice S { rpc A(M) returns (M) { option idempotency_level = IDEMPOTENT; } }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\noption\njava_package = \"a\"\n \"c\";\nmessage M { int64 a = 1 [deprecated=true,\n jstype=\nJS_NUMBER,json_name='c'\n\"d\"]; }\nservice S { rpc A(M) returns (M) { option\n idempotency_level = NO_SIDE_EFFECTS; } }\n",
        )],
    ),
    (
        "one statement of extensions and of reserved numbers becomes many",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M { extensions 1 to 9, 25; reserved 10 to 20, 30 to max; }\nenum E { Z = 0; reserved -100 to -3, 5; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M { extensions 1 to 3, 5 to 9; reserved 10 to 15, 16 to 19, 31 to max; }\nenum E { Z = 0; reserved -100 to -3; }\n",
        )],
    ),
    (
        "streams, written with comments between",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  // A does.\n  rpc A /* a */ (M) returns (M);\n}\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  // A does.\n  rpc A /* a */ (/* b */ stream M) returns (stream /* c */ .M /* d */) {\n  }; // e\n}\n",
        )],
    ),
    (
        "extensions of another message's numbers, nested and of messages",
        &[
            ("a.proto", "syntax = \"proto2\";\npackage p;\nmessage M { extensions 1 to 100; }\n"),
            (
                "b.proto",
                "syntax = \"proto2\";\npackage q;\nimport \"a.proto\";\nextend p.M { optional p.M m = 1; repeated int32 n = 2; optional group G = 3 {} }\nmessage O { extend p.M { optional string s = 4 [default = \"x\"]; optional int64 t = 5 [jstype = JS_STRING]; } }\n",
            ),
        ],
        &[
            ("a.proto", "syntax = \"proto2\";\npackage p;\nmessage M { extensions 1 to 100; }\n"),
            (
                "b.proto",
                "syntax = \"proto2\";\npackage q;\nimport \"a.proto\";\nextend p.M { repeated p.M m = 1; repeated int32 nn = 2; optional group G = 33 {} }\nmessage O { extend p.M { optional string s = 4 [default = \"y\"]; optional int64 t = 5 [jstype = JS_NUMBER]; } }\n",
            ),
        ],
    ),
    (
        "proto2 becomes proto3, with maps, closed enums and extensions of strings",
        &[(
            "a.proto",
            "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { map<string, E> m = 1; oneof x { string s = 2; E e = 3; } repeated string r = 4; }\nenum E { Z = 0; A = 1; }\nextend google.protobuf.FieldOptions { optional string o = 50000; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { map<string, E> m = 1; oneof x { string s = 2; E e = 3; } repeated string r = 4; }\nenum E { Z = 0; A = 1; }\nextend google.protobuf.FieldOptions { string o = 50000; }\n",
        )],
    ),
    (
        "proto3 becomes proto2, with maps, oneofs and extensions of strings",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { map<string, E> m = 1; oneof x { string s = 2; E e = 3; } E f = 4; }\nenum E { Z = 0; A = 1; }\nextend google.protobuf.FieldOptions { string o = 50000; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { map<string, E> m = 1; oneof x { string s = 2; E e = 3; } optional E f = 4; }\nenum E { Z = 0; A = 1; }\nextend google.protobuf.FieldOptions { optional string o = 50000; }\n",
        )],
    ),
    (
        "custom options do not count",
        &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { string o = 50000; }\nmessage M { int32 a = 1 [(o) = \"x\"]; }\n",
        )],
        &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { string o = 50000; }\nmessage M { int32 a = 1 [(o) = \"y\"]; }\n",
        )],
    ),
];
