import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildImage,
  debianPackages,
  type Image,
  layer,
  pythonPackage,
  type TarEntry,
  writeImageLayout,
} from '@kso/testkit/images';

/**
 * Makes the images that the sample manifests use, as OCI image layouts of a few hundred bytes each: package databases and nothing else.
 * The bytes are the same each time. Run it after a change: node deploy/sample/make-images.ts
 */

const target = join(import.meta.dirname, 'images');

const images: Readonly<Record<string, Image>> = {
  'registry.example.com/shop/catalog:1.4.2': image(debianPackages({ openssl: '3.0.7-1', zlib1g: '1:1.2.13.dfsg-1' }), [
    ...pythonPackage('Jinja2', '2.10'),
    ...pythonPackage('PyYAML', '5.3'),
    ...pythonPackage('requests', '2.19.1'),
  ]),
  'registry.example.com/shop/cart:2.0.1': image(
    debianPackages({ zlib1g: '1:1.2.13.dfsg-1' }),
    pythonPackage('Jinja2', '3.1.6'),
  ),
};

function image(...layers: readonly (readonly TarEntry[])[]): Image {
  return buildImage({ layers: layers.map((entries) => layer(entries)), entrypoint: ['/usr/bin/python3'] });
}

rmSync(target, { recursive: true, force: true });
writeImageLayout(target, images);
