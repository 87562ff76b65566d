import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parsePlist } from "../../../simulators/mac/launchd/plist.ts";

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`;

test("a property list is read with all its kinds of values", () => {
  const xml = `${HEAD}<plist version="1.0">
    <!-- a comment with <tags/> -->
    <dict>
      <key>Label</key> <string>a &amp; b &lt;c&gt; &#x1F600;</string>
      <key>Empty</key> <string/>
      <key>Blank</key> <string></string>
      <key>Spaces</key> <string>  kept  </string>
      <key>List</key> <array> <string>x</string> <array/> </array>
      <key>Map</key> <dict> <key>deep</key> <true/> </dict>
      <key>Number</key> <integer> -12 </integer>
      <key>Real</key> <real>0.5</real>
      <key>No</key> <false></false>
    </dict>
  </plist>
`;
  deepEqual(parsePlist(xml), {
    Label: "a & b <c> 😀",
    Empty: "",
    Blank: "",
    Spaces: "  kept  ",
    List: ["x", []],
    Map: { deep: true },
    Number: -12,
    Real: 0.5,
    No: false,
  });
});

const broken: [string, string][] = [
  ["no XML", "{}"],
  ["no plist", "<dict/>"],
  ["a key without a value", "<plist><dict><key>a</key></dict></plist>"],
  ["a value without a key", "<plist><dict><string>a</string></dict></plist>"],
  ["an unknown tag", "<plist><str>a</str></plist>"],
  ["a tag that is not closed", "<plist><array><string>a</array></plist>"],
  ["an ampersand that stands for nothing", "<plist><string>&nbsp;</string></plist>"],
  ["a number that is none", "<plist><integer>ten</integer></plist>"],
  ["something after the end", "<plist><true/></plist><plist/>"],
  ["an open bracket", "<plist><string>a < b</string></plist>"],
];
for (const [name, xml] of broken) {
  test(`${name} is refused`, () => throws(() => parsePlist(xml)));
}
