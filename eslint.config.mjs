import { defineConfig, globalIgnores } from "eslint/config";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/**
 * Folders and what they must not import, by the house's import rule: src -> components -> contract, host -> contract,
 * cli -> contract, src/settings, src/secrets.
 */
const walls = [
  {
    files: ["contract/**"],
    message: "contract imports nothing of ours",
    forbidden: ["**/src/**", "**/components/**", "**/host/**", "**/cli/**", "**/sandbox/**"],
  },
  {
    files: ["components/**"],
    message: "components know the contract, not who uses them",
    forbidden: ["**/src/**", "**/host/**", "**/cli/**", "**/sandbox/**"],
  },
  { files: ["src/**"], message: "the program does not know host, cli or sandbox", forbidden: ["**/host/**", "**/cli/**", "**/sandbox/**"] },
  {
    files: ["host/**"],
    message: "the host program knows only the contract",
    forbidden: ["**/src/**", "**/components/**", "**/cli/**", "**/sandbox/**"],
  },
  {
    files: ["cli/**"],
    message: "the cli knows contract, src/settings and src/secrets",
    forbidden: ["**/components/**", "**/host/**", "**/sandbox/**", "**/src/index.ts"],
  },
];

/** A package that only one place may import. */
const doors = [
  { packages: ["@infisical/sdk"], door: "src/secrets/infisical*.ts", message: "only src/secrets/infisical.ts talks to Infisical" },
  {
    packages: ["@pulumi/command", "@pulumi/command/*"],
    door: "components/remote/**",
    message: "only components/remote runs remote commands",
  },
];

const product = ["src/**", "components/**", "contract/**", "host/**", "cli/**"];

export default defineConfig(
  globalIgnores(["node_modules/", "eslint.config.mjs", "sandbox/images/api/", "sandbox/resolver/*.mjs", "toolchain/run.mjs"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // `process.env["NAME"]` is what noPropertyAccessFromIndexSignature asks for; this rule asks for the opposite.
      "@typescript-eslint/dot-notation": "off",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "name it: default exports only where a tool demands one" },
      ],
    },
  },
  // Fixtures in tests are indexed all the time; an absent one fails the test by itself.
  { files: ["test/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  ...product.map((folder) => ({
    files: [folder],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            ...walls.filter((wall) => wall.files.includes(folder)).map((wall) => ({ group: wall.forbidden, message: wall.message })),
            ...doors.map((door) => ({ group: door.packages, message: door.message })),
          ],
        },
      ],
    },
  })),
  ...doors.map((door) => ({ files: [door.door], rules: { "no-restricted-imports": "off" } })),
  prettier,
);
