export { debianBaseFile, debianBaseLayer } from './debian-base.ts';
export { alpinePackages, type RpmPackage, redHatPackages } from './distributions.ts';
export {
  buildImage,
  buildIndex,
  type Descriptor,
  type Image,
  type ImageOptions,
  type Layer,
  layer,
  layerOfBlob,
  layerOfTar,
} from './image.ts';
export { largeLayer } from './large-layer.ts';
export { writeImageLayout } from './layout.ts';
export { debianPackages, pythonPackage } from './packages.ts';
export { pushImage } from './push.ts';
export { type TarEntry, tar } from './tar.ts';
